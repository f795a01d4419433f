import type { Fault } from '../fault';

const DEFAULT_DELAY_MS = 1_000;

export const serverSlow: Fault = {
  name: 'server-slow',
  group: 'network',
  description: 'everything from a server comes late; duration: by how much',
  takes: ['duration'],
  defaults: { duration: DEFAULT_DELAY_MS },
  lasting: true,
  start({ network }, { duration = DEFAULT_DELAY_MS }, run) {
    network.delay = duration;
    run.hit({ kind: 'time' });
    return () => {
      network.delay = 0;
    };
  },
};
