import { episodeFault } from '../episode';

export const serverRefuse = episodeFault({
  name: 'server-refuse',
  group: 'network',
  description: 'servers are down: connections are reset, attempts refused for a while',
  defaults: { duration: 10_000 },
  begin({ network }) {
    network.refusing = true;
    network.reset();
    return () => {
      network.refusing = false;
    };
  },
});
