/** Baud rates of `AT+UART_CUR`, in bits a second. */
export const MIN_RATE = 80;
export const MAX_RATE = 5_000_000;

/** Host and port of a TCP bridge. */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Whether an address is the path of a serial port, or a port name of Windows. */
export function isSerialAddress(address: unknown): boolean {
  if (typeof address !== 'string' || /\p{Cc}/u.test(address)) return false;
  return /^\/.*[^/\s]$/.test(address) || /^(COM\d+|\\\\\.\\[^\\]+)$/i.test(address);
}

/** Parses `tcp://host:port`; returns undefined for anything else. */
export function parseTcpAddress(address: unknown): TcpAddress | undefined {
  if (typeof address !== 'string') return undefined;
  const [, bracketed, name, digits] =
    /^tcp:\/\/(?:\[([0-9a-f:.%]+)\]|([^\s/:@?#[\]]+)):(\d{1,5})\/?$/i.exec(address) ?? [];
  const host = bracketed ?? name;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Whether an address has the form of a port that the driver can open. */
export function isPortAddress(address: unknown): boolean {
  return isSerialAddress(address) || parseTcpAddress(address) !== undefined;
}
