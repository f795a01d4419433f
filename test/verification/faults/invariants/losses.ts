import type { LinkId } from '../../../../driver/at/types';
import type { LoggedEvent } from '../../message-log';

/** Events after which messages may be missing. */
const lossEvents = new Set([
  ...['lost', 'closed-by-server', 'closing', 'closed', 'failed', 'device-lost', 'dataloss'],
  ...['reopened', 'opened'],
]);
const endsOfResync = new Set(['insync', 'restart', 'device-lost']);

/** A loss that the driver emitted. */
export interface Loss {
  readonly link: LinkId | undefined;
  readonly from: number;
  /** A data loss out of sync lasts until the driver is in sync again: until then it drops all data. */
  to: number;
}

/** Returns the losses among the events of a run, in order. */
export function lossesOf(events: readonly LoggedEvent[]): readonly Loss[] {
  const losses: Loss[] = [];
  let lasting: Loss[] | undefined;
  for (const { at, event, link } of events) {
    if (event === 'outofsync') lasting ??= [];
    if (lasting && endsOfResync.has(event)) {
      for (const loss of lasting) loss.to = at;
      lasting = undefined;
    }
    if (!lossEvents.has(event)) continue;
    const loss: Loss = { link, from: at, to: at };
    losses.push(loss);
    if (event === 'dataloss') lasting?.push(loss);
  }
  for (const loss of lasting ?? []) loss.to = Infinity;
  return losses;
}
