import { readAtRate } from '../../serial/rate-mismatch';
import { defaultUartSettings } from '../../serial/uart';
import { episode } from '../episode';

/** Bits a second of the device by default, while it is wrong. */
const WRONG_RATE = 9_600;
/** Bits a second that the host goes on with. */
const right = defaultUartSettings.rate;

export const wrongRate = episode({
  name: 'wrong-rate',
  group: 'line',
  description: `both ends read garbage: the host is at ${right} bit/s, the device at count`,
  defaults: { duration: 5_000, count: WRONG_RATE },
  takesCount: true,
  begin(site, { count = WRONG_RATE }) {
    const toHost = site.line.wire('to-host');
    const toDevice = site.line.wire('to-device');
    toHost.distort = (bytes) => readAtRate(bytes, count, right);
    toDevice.distort = (bytes) => readAtRate(bytes, right, count);
    return () => {
      toHost.distort = undefined;
      toDevice.distort = undefined;
    };
  },
});
