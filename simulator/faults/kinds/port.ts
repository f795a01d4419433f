import { episodeFault } from '../episode';

export const unplug = episodeFault({
  name: 'unplug',
  group: 'port',
  description: 'the port goes away and comes back, as when a USB adapter is pulled out',
  defaults: { duration: 2_000 },
  begin({ port, serialLine }) {
    const end = serialLine.unplugs.add(true);
    port?.unplug();
    return () => {
      end();
      if (serialLine.unplugs.newest === undefined) port?.plugIn();
    };
  },
});
