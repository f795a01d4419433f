import { isDeepStrictEqual } from 'node:util';
import { tryRun, type Response, type Run } from '../at/command';
import { outOfSyncError } from '../at/outcome';
import { parseWshead, wshead, wsheadClear, wsheadQuery, type Header } from '../commands/wshead';
import { EspAtError } from '../errors';

/** Attempts to write a list until it reads back as written. */
const WRITE_ATTEMPTS = 2;

/** What the driver knows of the device's header list, which all links share. */
export interface HeaderMemory {
  /** Whether the list is certainly empty. */
  isEmpty: boolean;
}

/**
 * Sets the device's header list (`AT+WSHEAD`), and reads it back: the port has no checksum, and a server gives no
 * reason when it refuses a corrupt authorization.
 * @throws EspAtError `OUT_OF_SYNC` where the list never reads back as written; `FIRMWARE_UNKNOWN` where it reads back
 * twice in the same form, which the driver cannot parse; and what `run` rejects with
 */
export async function setHeaders(
  run: Run,
  wanted: readonly Header[],
  memory: HeaderMemory,
): Promise<void> {
  if (wanted.length === 0 && memory.isEmpty) return;
  const responses: Response[] = [];
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    await write(run, wanted, memory);
    if (wanted.length === 0) return;
    const response = await tryRun(run, wsheadQuery);
    // Undefined: the device took the list, but refuses to show it.
    if (!response || isDeepStrictEqual(parseWshead(response), shown(wanted))) return;
    responses.push(response);
  }
  const [first, second] = responses;
  const { name } = wsheadQuery;
  if (first && parseWshead(first).includes(undefined) && isDeepStrictEqual(first, second))
    throw new EspAtError('FIRMWARE_UNKNOWN', { command: name });
  throw outOfSyncError({ name: 'AT+WSHEAD' });
}

async function write(run: Run, wanted: readonly Header[], memory: HeaderMemory): Promise<void> {
  await run(wsheadClear);
  memory.isEmpty = true;
  // Backwards, because the request lists the newest header first.
  for (const header of [...wanted].reverse()) {
    memory.isEmpty = false;
    await run(wshead(header));
  }
}

/** The lines of a list as {@link parseWshead} returns them. */
const shown = (headers: readonly Header[]) => headers.map(({ name, value }) => `${name}: ${value}`);
