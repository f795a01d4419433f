import type { Fault } from '../fault';

const defaultGap = 5;
const defaultLength = 1;

export const segmentsSplit: Fault = {
  name: 'segments-split',
  group: 'network',
  description:
    'all that servers send comes in small segments; count: bytes of each, duration: time between them',
  takes: ['duration', 'count'],
  defaults: { duration: defaultGap, count: defaultLength },
  lasting: true,
  start({ network }, { duration = defaultGap, count = defaultLength }, run) {
    network.segments = { ...network.segments, splitBytes: count, splitGapMs: duration };
    run.hit({ kind: 'time' });
    return () => {
      network.segments = { ...network.segments, splitBytes: Infinity };
    };
  },
};
