import { isDeepStrictEqual } from 'node:util';
import { tryRun, type Run } from '../at/command';
import { corruptResponse } from '../commands/build';
import { parseWshead, wshead, wsheadClear, wsheadQuery } from '../commands/websocket';
import type { Header } from './options';

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
 * @throws EspAtError `OUT_OF_SYNC` where the list never reads back as written, and what `run` rejects with
 */
export async function setHeaders(
  run: Run,
  wanted: readonly Header[],
  memory: HeaderMemory,
): Promise<void> {
  if (wanted.length === 0 && memory.isEmpty) return;
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    await write(run, wanted, memory);
    if (wanted.length === 0 || (await readsBack(run, wanted))) return;
  }
  throw corruptResponse('AT+WSHEAD');
}

async function write(run: Run, wanted: readonly Header[], memory: HeaderMemory): Promise<void> {
  await run(wsheadClear());
  memory.isEmpty = true;
  // Backwards: in the request, the device puts the header that it got last first.
  for (const header of [...wanted].reverse()) {
    memory.isEmpty = false;
    await run(wshead(header));
  }
}

async function readsBack(run: Run, wanted: readonly Header[]): Promise<boolean> {
  const response = await tryRun(run, wsheadQuery());
  // The device took the list, but refuses to show it.
  if (!response) return true;
  const written = wanted.map(({ name, value }) => `${name}: ${value}`);
  return isDeepStrictEqual(parseWshead(response), written);
}
