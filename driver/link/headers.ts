import { expectingError, type Run } from '../at/command';
import { corruptResponse } from '../commands/build';
import { parseWshead, wshead, wsheadClear, wsheadQuery } from '../commands/websocket';
import { isRefusal } from '../errors';
import type { Header } from './options';

/** How often a list is written that does not read back as it was meant. */
const WRITE_ATTEMPTS = 2;

/** What the device keeps for all links: its header list, as far as this driver set it. */
export interface HeaderMemory {
  /** Whether the list is known to be empty. */
  isEmpty: boolean;
}

/**
 * Sets the device's header list (`AT+WSHEAD`), and reads it back: the port has no checksum, and a server gives no
 * reason when it refuses a corrupt authorization.
 * @throws EspAtError `OUT_OF_SYNC` when it never reads back as it was meant, and whatever `run` rejects with
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
  // Backwards: the device puts the header it got last first in the request.
  for (const header of [...wanted].reverse()) {
    memory.isEmpty = false;
    await run(wshead(header));
  }
}

async function readsBack(run: Run, wanted: readonly Header[]): Promise<boolean> {
  try {
    const found = parseWshead(await run(expectingError(wsheadQuery())));
    return (
      found.length === wanted.length &&
      wanted.every(({ name, value }, index) => found[index] === `${name}: ${value}`)
    );
  } catch (error) {
    // The device took the list, but refuses to show it.
    if (isRefusal(error)) return true;
    throw error;
  }
}
