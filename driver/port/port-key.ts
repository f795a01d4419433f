import { realpathSync } from 'node:fs';
import { parseTcpAddress } from '../values/port-address';

/**
 * Returns a key that is equal for two addresses of one port at this moment: `/dev/serial/by-id/…` is a link to `/dev/ttyUSB0`
 * while that adapter is plugged in.
 */
export function portKey(address: string): string {
  const tcp = parseTcpAddress(address);
  if (tcp) return `tcp://${canonicalHost(tcp.host)}:${tcp.port}`;
  // Windows takes `COM3`, `com3` and `\\.\COM3` for one port.
  const windowsName = /^(?:\\\\\.\\)?(COM\d+)$/i.exec(address)?.[1];
  if (windowsName !== undefined) return windowsName.toUpperCase();
  try {
    // macOS has two names for each port.
    return realpathSync(address).replace(/^(\/dev\/)tty\./, '$1cu.');
  } catch {
    // Unplugged, or no path: `sim:`.
    return address;
  }
}

/** Small letters, and one form of each IP address. */
function canonicalHost(host: string): string {
  const authority = host.includes(':') ? `[${host}]` : host;
  // No URL has a zone (`fe80::1%eth0`).
  return URL.canParse(`ws://${authority}`)
    ? new URL(`ws://${authority}`).hostname
    : authority.toLowerCase();
}
