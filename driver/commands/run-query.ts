import { isDeepStrictEqual } from 'node:util';
import { expectingError, type Response, type Run } from '../at/command';
import { outOfSyncError } from '../at/outcome';
import { EspAtError, isRefusal } from '../errors';
import type { Query } from './build';

/**
 * Runs a query and parses its response. Repeats the query after a corrupt response. A response that has the same form twice
 * is not corrupt: other firmware has a command of the same name.
 * @throws EspAtError `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, and what `run` rejects with
 */
export async function runQuery<T>(run: Run, query: Query<T>): Promise<T> {
  const first = await run(query);
  const parsed = query.parse(first);
  if (parsed !== undefined) return parsed;
  const second = await run(query);
  const repeated = query.parse(second);
  if (repeated !== undefined) return repeated;
  const { form = (response: Response) => response } = query;
  if (isDeepStrictEqual(form(first), form(second)))
    throw new EspAtError('FIRMWARE_UNKNOWN', { command: query.name });
  throw outOfSyncError(query);
}

/** As {@link runQuery}, but returns undefined where the device answers ERROR: some firmware lacks the command. */
export function tryRunQuery<T>(run: Run, query: Query<T>): Promise<T | undefined> {
  const runExpectingError: Run = (command) => run(expectingError(command));
  return runQuery(runExpectingError, query).catch(undefinedWhere(isRefusal));
}

/** As {@link tryRunQuery}, but returns undefined also for a response in another form: the driver can do without it. */
export function runOptionalQuery<T>(run: Run, query: Query<T>): Promise<T | undefined> {
  return tryRunQuery(run, query).catch(
    undefinedWhere((error) => error instanceof EspAtError && error.code === 'FIRMWARE_UNKNOWN'),
  );
}

const undefinedWhere = (isExpected: (error: unknown) => boolean) => (error: unknown) => {
  if (!isExpected(error)) throw error;
  return undefined;
};
