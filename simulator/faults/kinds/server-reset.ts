import { event } from '../episode';

export const serverReset = event({
  name: 'server-reset',
  group: 'network',
  description: 'servers reset their connections',
  happen: ({ network }) => ({ kind: 'network', count: network.reset() }),
});
