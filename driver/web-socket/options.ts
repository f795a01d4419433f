import type { OpenOptions } from '../link/options';

/** Settings for all connections of a WebSocket class. */
export interface WebSocketClassOptions {
  /** Options of every open, except those that the constructor sets. */
  readonly open?: Omit<OpenOptions, 'uri' | 'subprotocol' | 'keepOpen' | 'replace' | 'owner'>;
  /**
   * Kind of messages, where the firmware does not report it (classes A-C). `guess`, the default: text if the bytes are
   * UTF-8.
   */
  readonly unknownKind?: 'guess' | 'text' | 'binary';
}

/** Options of one connection, as those of the package ws; others are ignored. */
export interface WebSocketOptions {
  /** Names and values for the opening request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Timeout of the open in milliseconds, 1 to 180000. */
  readonly handshakeTimeout?: number;
}
