import type { LinkId } from '../../../../driver/at/types';
import type { LoggedEvent } from '../../message-log';

const kinds = new Map<string, Loss['kind']>([
  ['dataloss', 'data'],
  ...['lost', 'closed-by-server', 'closing', 'closed', 'failed', 'device-lost'].map(
    (event) => [event, 'end'] as const,
  ),
  ['opened', 'begin'],
  ['reopened', 'begin'],
]);
const endsOfResync = new Set(['insync', 'restart', 'device-lost']);

/** A loss that the driver emitted. */
export interface Loss {
  readonly link: LinkId | undefined;
  /** `data`: on a connection that goes on. `end` of a connection. `begin` of one: those before it have ended. */
  readonly kind: 'data' | 'end' | 'begin';
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
    const kind = kinds.get(event);
    if (!kind) continue;
    const loss: Loss = { link, kind, at, from: order, to: order };
    losses.push(loss);
    if (kind === 'data') lasting?.push(loss);
  }
  for (const loss of lasting ?? []) loss.to = Infinity;
  return losses;
}
