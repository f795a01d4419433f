import { episodeFault } from '../episode';

export const unplug = episodeFault({
  name: 'unplug',
  group: 'port',
  description: 'the port goes away and comes back, as when a USB adapter is pulled out',
  defaults: { duration: 2_000 },
  begin({ port }) {
    port?.unplug();
    return () => port?.plugIn();
  },
});
