import { checkSetting } from '../commands/check';
import { EspAtError } from '../errors';
import type { PortOpener } from './port';
import { openSerial } from './serial';
import { openTcp } from './tcp';
import { isSerialAddress, MAX_RATE, MIN_RATE, parseTcpAddress } from '../values/port-address';

/** Options of a serial port. A bridge (`tcp://`) uses only the rate, to know how long bytes take behind it. */
export interface PortOptions {
  /** Bits a second, 80 to 5000000; 0 for a bridge whose rate is unknown. */
  readonly rate: number;
  /** Sets DTR after opening; absent: the operating system's default. */
  readonly dtr?: boolean | undefined;
  /** Sets RTS after opening; absent: the operating system's default. */
  readonly rts?: boolean | undefined;
}

/**
 * Returns the opener for an address: the path or name of a serial port, or `tcp://host:port`. For `sim:` take
 * `simulatedPort` of the simulator.
 * @throws EspAtError `INVALID_PORT`, `INVALID_SETTING`
 */
export function portAt(address: string, options: PortOptions): PortOpener {
  const tcp = parseTcpAddress(address);
  const { rate } = options;
  if (tcp) {
    return {
      address,
      bridgedRate: rate === 0 ? undefined : checkedRate(rate),
      open: (handlers) => openTcp({ address, ...tcp }, handlers),
    };
  }
  if (!isSerialAddress(address)) {
    const port = typeof address === 'string' ? address : typeof address;
    throw new EspAtError('INVALID_PORT', { port });
  }
  return {
    address,
    rate: checkedRate(rate),
    open: (handlers, { flowControl }) =>
      openSerial({ ...options, path: address, flowControl }, handlers),
  };
}

function checkedRate(rate: number): number {
  return checkSetting('rate', rate, MIN_RATE, MAX_RATE);
}
