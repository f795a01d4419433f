import { isDeepStrictEqual } from 'node:util';
import { expectingError, type Run } from '../at/command';
import type { LinkId } from '../at/types';
import { parseWsopen, wsopenQuery, type OpenLink } from '../commands/websocket';
import { EspAtError, isRefusal } from '../errors';

/**
 * Queries the links that are not closed. A response that does not parse is probably corrupt: queries again. The same
 * response twice is not corrupt: other firmware has a command of the same name.
 * @throws EspAtError `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, and what `run` rejects with
 */
export async function queryLinks(run: Run): Promise<OpenLink[]> {
  const query = wsopenQuery();
  const first = await run(query);
  try {
    return parseWsopen(first);
  } catch {
    const second = await run(query);
    if (isDeepStrictEqual(first, second))
      throw new EspAtError('FIRMWARE_UNKNOWN', { command: query.name });
    return parseWsopen(second);
  }
}

/** As {@link queryLinks}, but returns none where the firmware has no such command. */
export async function tryQueryLinks(run: Run): Promise<OpenLink[]> {
  try {
    return await queryLinks((command) => run(expectingError(command)));
  } catch (error) {
    if (isRefusal(error)) return [];
    throw error;
  }
}

/** The ID of a link that is not among these; undefined where all are. */
export function freeLink(links: readonly OpenLink[]): LinkId | undefined {
  return ([0, 1, 2] as const).find((id) => !links.some(({ link }) => link === id));
}
