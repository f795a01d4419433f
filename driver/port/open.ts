import { EspAtError } from '../errors';
import type { PortOpener } from './port';
import { openSerial, type SerialOptions } from './serial';
import { openTcp, type TcpOptions } from './tcp';

/** How a serial line is set. Behind `tcp://` only its rate matters: it tells how long bytes take there. */
export type LineOptions = Omit<SerialOptions, 'path'>;

const LOWEST_RATE = 80;
const HIGHEST_RATE = 5_000_000;

/**
 * Opens the port at an address: the path or name of a serial port, or `tcp://host:port`.
 * @throws EspAtError `INVALID_PORT`, `INVALID_SETTING`
 */
export function openerFor(address: string, line: LineOptions): PortOpener {
  const tcp = tcpAddress(address);
  const { rate } = line;
  if (tcp) return { address, bridgedRate: rate, open: (handlers) => openTcp(tcp, handlers) };
  if (!isSerial(address)) throw invalid(address);
  if (!Number.isInteger(rate) || rate < LOWEST_RATE || rate > HIGHEST_RATE) {
    const range = { value: rate, min: LOWEST_RATE, max: HIGHEST_RATE };
    throw new EspAtError('INVALID_SETTING', { setting: 'rate', reason: 'NOT_WHOLE', ...range });
  }
  return {
    address,
    rate,
    open: (handlers, chosen = rate) =>
      openSerial({ ...line, path: address, rate: chosen }, handlers),
  };
}

/** A path, or a name of Windows. */
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
