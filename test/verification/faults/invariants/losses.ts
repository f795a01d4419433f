import type { LinkId } from '../../../../driver/at/types';
import type { LoggedEvent } from '../../message-log';

/** Events of a connection that ended or began: messages that the server sent before may be missing. */
const connectionEvents = new Set(
  'lost closed-by-server closing closed failed device-lost reopened opened'.split(' '),
);
const endsOfResync = new Set(['insync', 'restart', 'device-lost']);

/** A loss that the driver emitted. */
export interface Loss {
  readonly link: LinkId | undefined;
  /** Whether data may be missing on a connection that goes on. */
  readonly ofData: boolean;
  readonly at: number;
  /** The {@link LoggedEvent.order} of its event. */
  readonly from: number;
  /** A data loss out of sync lasts until the driver is in sync again: until then it drops all data. */
  to: number;
}

/** Returns the losses among the events of a run, in order. */
export function lossesOf(events: readonly LoggedEvent[]): readonly Loss[] {
  const losses: Loss[] = [];
  let lasting: Loss[] | undefined;
  for (const { at, order, event, link } of events) {
    if (event === 'outofsync') lasting ??= [];
    if (lasting && endsOfResync.has(event)) {
      for (const loss of lasting) loss.to = order;
      lasting = undefined;
    }
    const ofData = event === 'dataloss';
    if (!ofData && !connectionEvents.has(event)) continue;
    const loss: Loss = { link, ofData, at, from: order, to: order };
    losses.push(loss);
    if (ofData) lasting?.push(loss);
  }
  for (const loss of lasting ?? []) loss.to = Infinity;
  return losses;
}
