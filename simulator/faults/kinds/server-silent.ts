import { episodeFault } from '../episode';

export const serverSilent = episodeFault({
  name: 'server-silent',
  group: 'network',
  description: 'servers neither read nor answer for a while; connections stay',
  defaults: { duration: 20_000 },
  begin: ({ network }) => network.silence(),
});
