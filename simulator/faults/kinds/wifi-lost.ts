import { episodeFault } from '../episode';

export const wifiLost = episodeFault({
  name: 'wifi-lost',
  group: 'network',
  description: 'Wi-Fi goes out of reach and comes back',
  defaults: { duration: 3_000 },
  begin({ device }) {
    device.wifi.lose();
    return () => device.wifi.recover();
  },
});
