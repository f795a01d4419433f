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

/** Returns the options of {@link Link.open} for one connection. The package ws allows null for its options, and in them. */
export function openOptions(
  { open = {} }: WebSocketClassOptions,
  {
    protocols,
    ...given
  }: { readonly uri: string; readonly owner: string; readonly protocols: readonly string[] },
  options: WebSocketOptions,
): OpenOptions {
  const { headers, handshakeTimeout } = Object(options) as WebSocketOptions;
  const added = Object.entries(headers ?? {}).map(([name, value]) => ({ name, value }));
  return {
    ...open,
    ...given,
    headers: [...(open.headers ?? []), ...added],
    ...(protocols.length > 0 && { subprotocol: protocols.join(', ') }),
    timeoutMs: handshakeTimeout ?? open.timeoutMs,
  };
}
