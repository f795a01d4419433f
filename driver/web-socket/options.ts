import type { OpenOptions } from '../link/options';

/** Settings for all connections of a WebSocket class. */
export interface WebSocketClassOptions {
  /** Options of every connection, except those that the constructor sets. */
  readonly open?: Omit<OpenOptions, 'uri' | 'subprotocol' | 'keepOpen' | 'replace' | 'owner'>;
  /**
   * Kind of messages, where the firmware does not report it (classes A-C). `guess`, the default: text if the bytes are
   * UTF-8.
   */
  readonly unknownKind?: 'guess' | 'text' | 'binary';
}

/** Options of one connection, as those of the package ws; others are ignored. */
export interface WebSocketOptions {
  /** Names and values for the upgrade request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Timeout of the handshake in milliseconds, 1 to 180000. */
  readonly handshakeTimeout?: number;
}

/** Returns the options of {@link Link.open} for one connection. */
export function openOptions(
  { open = {} }: WebSocketClassOptions,
  {
    protocols,
    ...given
  }: { readonly uri: string; readonly owner: string; readonly protocols: readonly string[] },
  { headers = {}, handshakeTimeout }: WebSocketOptions,
): OpenOptions {
  const added = Object.entries(headers).map(([name, value]) => ({ name, value }));
  return {
    ...open,
    ...given,
    headers: [...(open.headers ?? []), ...added],
    ...(protocols.length > 0 && { subprotocol: protocols.join(', ') }),
    ...(handshakeTimeout !== undefined && { timeoutMs: handshakeTimeout }),
  };
}
