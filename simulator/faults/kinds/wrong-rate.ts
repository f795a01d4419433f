import { readAtRate } from '../../serial/rate-mismatch';
import { defaultUartSettings } from '../../serial/uart';
import { episodeFault } from '../episode';

/** Bits a second. */
const DEFAULT_DEVICE_RATE = 9_600;
/** Bits a second. */
const HOST_RATE = defaultUartSettings.rate;

export const wrongRate = episodeFault({
  name: 'wrong-rate',
  group: 'line',
  description: `both ends read garbage: the host is at ${HOST_RATE} bit/s, the device at count`,
  defaults: { duration: 5_000, count: DEFAULT_DEVICE_RATE },
  takesCount: true,
  begin(site, { count = DEFAULT_DEVICE_RATE }) {
    const toHost = site.line.wire('to-host');
    const toDevice = site.line.wire('to-device');
    toHost.distort = (bytes) => readAtRate(bytes, count, HOST_RATE);
    toDevice.distort = (bytes) => readAtRate(bytes, HOST_RATE, count);
    return () => {
      toHost.distort = undefined;
      toDevice.distort = undefined;
    };
  },
});
