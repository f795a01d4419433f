import type { Response, Run } from '../at/command';
import { parseWsopen, wsopenQuery, type OpenLink } from '../commands/websocket';
import { EspAtError } from '../errors';

/**
 * Queries the links. A response that does not parse is probably corrupt: queries again. The same response twice is not
 * corrupt: other firmware has a command of the same name.
 * @throws EspAtError `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, and what `run` rejects with
 */
export async function queryLinks(run: Run, query = wsopenQuery()): Promise<OpenLink[]> {
  const first = await run(query);
  try {
    return parseWsopen(first);
  } catch {
    const second = await run(query);
    if (isAlike(first, second)) throw new EspAtError('FIRMWARE_UNKNOWN', { command: query.name });
    return parseWsopen(second);
  }
}

function isAlike(one: Response, other: Response): boolean {
  return one.length === other.length && one.every((line, index) => line === other[index]);
}
