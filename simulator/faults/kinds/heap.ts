import type { Fault } from '../fault';

/** Bytes of the longest message that memory is left for. */
const defaultLimit = 1_024;

export const heap: Fault = {
  name: 'heap',
  group: 'device',
  description: 'memory is short: longer sends get ERROR; count: bytes that still work',
  takes: ['count'],
  defaults: { count: defaultLimit },
  lasting: true,
  start: ({ rules }, { count = defaultLimit }, run) =>
    rules.addMemory((bytes) => {
      if (bytes <= count) return true;
      run.hit({ kind: 'command', point: 'command', line: rules.line });
      return false;
    }),
};
