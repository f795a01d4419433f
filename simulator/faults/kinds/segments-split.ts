import type { Fault } from '../fault';

/** Small enough to split every frame, fast enough to let a flood of messages pass. */
const DEFAULT_GAP_MS = 2;
const DEFAULT_SEGMENT_BYTES = 16;

export const segmentsSplit: Fault = {
  name: 'segments-split',
  group: 'network',
  description:
    'all that servers send comes in small segments; count: bytes of each, duration: time between them',
  takes: ['duration', 'count'],
  defaults: { duration: DEFAULT_GAP_MS, count: DEFAULT_SEGMENT_BYTES },
  lasting: true,
  start({ network }, { duration = DEFAULT_GAP_MS, count = DEFAULT_SEGMENT_BYTES }, run) {
    network.segments = { ...network.segments, splitBytes: count, splitGapMs: duration };
    run.hit({ kind: 'time' });
    return () => {
      network.segments = { ...network.segments, splitBytes: Infinity };
    };
  },
};
