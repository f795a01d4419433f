import { episodeFault } from '../episode';

export const blackHole = episodeFault({
  name: 'black-hole',
  group: 'network',
  description: 'every packet vanishes though Wi-Fi is there',
  defaults: { duration: 30_000 },
  begin({ device }) {
    device.network.blackHole = true;
    return () => {
      device.network.blackHole = false;
    };
  },
});
