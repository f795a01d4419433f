import type { Run } from '../at/command';
import type { LinkId } from '../at/types';
import { runQuery, tryRunQuery } from '../commands/run-query';
import { parseWsopen, wsopenQuery, type ListedLink } from '../commands/wsopen';

/**
 * Queries the links that are not closed.
 * @throws EspAtError `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, and what `run` rejects with
 */
export function queryLinks(run: Run): Promise<ListedLink[]> {
  return runQuery(run, wsopenQuery, parseWsopen);
}

/** As {@link queryLinks}, but returns none where the firmware has no such command. */
export async function tryQueryLinks(run: Run): Promise<ListedLink[]> {
  return (await tryRunQuery(run, wsopenQuery, parseWsopen)) ?? [];
}

/** The ID of a link that is not among these; undefined where all are. */
export function freeLink(links: readonly ListedLink[]): LinkId | undefined {
  return ([0, 1, 2] as const).find((id) => !links.some(({ link }) => link === id));
}
