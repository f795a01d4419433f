import type { Fault } from '../fault';

const defaultDelay = 1_000;

export const serverSlow: Fault = {
  name: 'server-slow',
  group: 'network',
  description: 'everything from a server comes late; duration: by how much',
  takes: ['duration'],
  defaults: { duration: defaultDelay },
  lasting: true,
  start({ network }, { duration = defaultDelay }, run) {
    network.delay = duration;
    run.hit({ kind: 'time' });
    return () => {
      network.delay = 0;
    };
  },
};
