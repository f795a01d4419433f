import { eventFault } from '../episode';

export const serverReset = eventFault({
  name: 'server-reset',
  group: 'network',
  description: 'servers reset their connections',
  apply: ({ network }) => ({ kind: 'network', count: network.reset() }),
});
