import type { Clock } from '../clock';
import type { Output } from '../device/output';
import type { Network, TlsOptions } from '../network/network';
import type { Random } from '../random';
import type { UpgradeOptions } from './handshake';

/** The part of a frame that one read of the socket returns; the firmware sends each as a `+WS_DATA`. */
export interface Chunk {
  readonly opcode: number;
  readonly fin: boolean;
  /** The length of the frame's payload. */
  readonly payloadLength: number;
  /** Index in the payload at which this chunk begins. */
  readonly payloadOffset: number;
  readonly bytes: Buffer;
}

/** The numbers of `AT+WSOPEN?`. */
export const linkState = {
  closed: 0,
  connecting: 1,
  established: 2,
  waiting: 3,
  closing: 4,
} as const;
export type LinkState = (typeof linkState)[keyof typeof linkState];

export interface ConnectionSettings {
  /** Seconds without traffic after which a ping is due. */
  readonly pingInterval: number;
  /** Seconds from a ping without a pong to the loss of the connection. */
  readonly pongTimeout: number;
  /** Limit of a read and of a frame sent, in bytes. */
  readonly bufferSize: number;
}

export interface ClientOptions extends UpgradeOptions, ConnectionSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** The output that `data` fills: the client reads from the socket only while it has room. */
  readonly output: Pick<Output, 'room' | 'whenRoom'>;
  /** Whether the task polls in shorter rounds now. */
  readonly shortRounds: () => boolean;
  /** Whether the client answers a server's close frame now. */
  readonly answersClose: () => boolean;
  /** The TLS settings now; undefined for plain TCP, `unusable` once AT+WSCFG has freed the CA. */
  readonly tls: () => TlsOptions | undefined | 'unusable';
}

/** Callbacks of a client's task. */
export interface ClientEvents {
  connected(): void;
  /** An attempt failed or the connection was lost; the client will retry. */
  disconnected(): void;
  /**
   * The server's close frame has arrived and, if `answersClose` says so, been answered. The link is gone; the connection
   * may last another second.
   */
  closed(): void;
  /** The client has ended; no callback follows. */
  ended(): void;
  /** Received data, in order. */
  data(chunk: Chunk): void;
}
