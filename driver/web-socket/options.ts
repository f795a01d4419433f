import type { OpenOptions } from '../link/options';

/** Settings for all connections of a WebSocket class. */
export interface WebSocketClassOptions {
  /** Options of every open, except those that the constructor sets. */
  readonly open?: Omit<OpenOptions, 'uri' | 'subprotocol' | 'keepOpen' | 'replace' | 'owner'>;
  /**
   * What messages are whose kind the firmware does not tell (classes A-C): text where they are UTF-8 (`guess`, the
   * default), or always the same.
   */
  readonly unknownKind?: 'guess' | 'text' | 'binary';
}

/** Options of one connection, as those of the package ws; others are ignored. */
export interface WebSocketOptions {
  /** Names and values for the opening request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds that the server may take, 1-180000. */
  readonly handshakeTimeout?: number;
}
