import type { DeviceStatistics, LinkStatistics } from '../../../driver/statistics/statistics';
import type { LiveCounts } from './live-answer';

/** The statistics of a device as the live view shows them: of all links together. */
export function liveCounts(statistics: DeviceStatistics): LiveCounts {
  const { port, links, portErrors, resyncs, restarts, sendQueue } = statistics;
  const sum = (count: (link: LinkStatistics) => number) =>
    links.reduce((total, link) => total + count(link), 0);
  return {
    ...(port.baudRate !== undefined && { rate: port.baudRate }),
    sentBytes: port.sent,
    receivedBytes: port.received,
    queue: sendQueue.messages,
    counters: {
      sent: sum(({ sent }) => sent.messages),
      received: sum(({ received }) => received.messages),
      notSent: sum(({ outcomes }) => outcomes['not-sent']),
      unknown: sum(({ outcomes }) => outcomes.unknown),
      dataLosses: sum(({ dataLosses }) => dataLosses),
      connections: sum(({ connections }) => connections),
      reconnects: sum(({ reconnects }) => reconnects),
      resyncs,
      portErrors: Object.values(portErrors).reduce((total, count) => total + count, 0),
      restarts,
      portOpens: port.opens,
    },
  };
}
