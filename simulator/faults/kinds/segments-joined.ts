import type { Fault } from '../fault';

const defaultWait = 20;

export const segmentsJoined: Fault = {
  name: 'segments-joined',
  group: 'network',
  description:
    'what a server sends right behind its 101 shares the segment; duration: within which time',
  takes: ['duration'],
  defaults: { duration: defaultWait },
  lasting: true,
  start({ network }, { duration = defaultWait }, run) {
    network.segments = { ...network.segments, joinMs: duration };
    run.hit({ kind: 'time' });
    return () => {
      network.segments = { ...network.segments, joinMs: 0 };
    };
  },
};
