import type { Fault } from '../fault';

/** Milliseconds, and bytes: slow enough to split every frame, fast enough for a flood to pass. */
const defaultGap = 2;
const defaultLength = 16;

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
