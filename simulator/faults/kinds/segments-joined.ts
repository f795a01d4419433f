import type { Fault } from '../fault';

const DEFAULT_WAIT_MS = 20;

export const segmentsJoined: Fault = {
  name: 'segments-joined',
  group: 'network',
  description:
    'what a server sends right behind its 101 shares the segment; duration: within which time',
  takes: ['duration'],
  defaults: { duration: DEFAULT_WAIT_MS },
  lasting: true,
  start({ network }, { duration = DEFAULT_WAIT_MS }, run) {
    network.segments = { ...network.segments, joinMs: duration };
    run.hit({ kind: 'time' });
    return () => {
      network.segments = { ...network.segments, joinMs: 0 };
    };
  },
};
