import { checkSetting } from '../commands/check';
import { EspAtError } from '../errors';
import type { PortOpener, PortOptions } from './port';
import { openSerial } from './serial';
import { openTcp } from './tcp';
import { isSerialAddress, MAX_RATE, MIN_RATE, parseTcpAddress } from '../values/port-address';

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
      open: (handlers) => openTcp(address, tcp, handlers),
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
