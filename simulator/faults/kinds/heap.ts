import type { Fault } from '../fault';

/** The longest message that fits into the remaining memory. */
const DEFAULT_LIMIT_BYTES = 1_024;

export const heap: Fault = {
  name: 'heap',
  group: 'device',
  description: 'memory is short: longer sends get ERROR; count: bytes that still work',
  takes: ['count'],
  defaults: { count: DEFAULT_LIMIT_BYTES },
  lasting: true,
  start: ({ rules }, { count = DEFAULT_LIMIT_BYTES }, run) =>
    rules.addMemory((bytes) => {
      if (bytes <= count) return true;
      run.hit({ kind: 'command', point: 'command', line: rules.line });
      return false;
    }),
};
