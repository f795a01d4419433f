import { EspAtError } from '../errors';
import type { PortOpener } from './port';
import { openSerial, type SerialOptions } from './serial';
import { openTcp, type TcpOptions } from './tcp';

/** Options of a serial port. A bridge (`tcp://`) uses only the rate, to know how long bytes take behind it. */
export type PortOptions = Omit<SerialOptions, 'path' | 'flowControl'>;

const MIN_RATE = 80;
const MAX_RATE = 5_000_000;

/**
 * Returns the opener for an address: the path or name of a serial port, or `tcp://host:port`.
 * @throws EspAtError `INVALID_PORT`, `INVALID_SETTING`
 */
export function portAt(address: string, options: PortOptions): PortOpener {
  const tcp = tcpAddress(address);
  const { rate } = options;
  if (tcp) return { address, bridgedRate: rate, open: (handlers) => openTcp(tcp, handlers) };
  if (!isSerial(address)) throw invalid(address);
  if (!Number.isInteger(rate) || rate < MIN_RATE || rate > MAX_RATE) {
    const range = { value: rate, min: MIN_RATE, max: MAX_RATE };
    throw new EspAtError('INVALID_SETTING', { setting: 'rate', reason: 'NOT_WHOLE', ...range });
  }
  return {
    address,
    rate,
    open: (handlers, { flowControl }) =>
      openSerial({ ...options, path: address, flowControl }, handlers),
  };
}

/** Whether an address is a path, or a port name of Windows. */
function isSerial(address: unknown): boolean {
  if (typeof address !== 'string' || /\p{Cc}/u.test(address)) return false;
  return /^\/.*[^/]$/.test(address) || /^(COM\d+|\\\\\.\\[^\\]+)$/i.test(address);
}

function tcpAddress(address: unknown): TcpOptions | undefined {
  if (typeof address !== 'string' || !/^tcp:/i.test(address)) return undefined;
  const [, bracketed, name, digits] =
    /^tcp:\/\/(?:\[([0-9a-f:.%]+)\]|([^\s/:@?#[\]]+)):(\d{1,5})\/?$/i.exec(address) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) throw invalid(address);
  return { address, host, port };
}

function invalid(address: unknown): EspAtError {
  return new EspAtError('INVALID_PORT', {
    port: typeof address === 'string' ? address : typeof address,
  });
}
