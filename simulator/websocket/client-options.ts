import type { Clock } from '../clock';
import type { Network, TlsOptions } from '../network/network';
import type { Random } from '../random';
import type { Chunk } from './frame-reader';
import type { UpgradeOptions } from './handshake';

/** The numbers of `AT+WSOPEN?`. */
export const linkState = {
  closed: 0,
  connecting: 1,
  established: 2,
  waiting: 3,
  closing: 4,
} as const;
export type LinkState = (typeof linkState)[keyof typeof linkState];

export interface ClientOptions extends UpgradeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  /** Seconds between pings while the socket is quiet. */
  readonly pingInterval: number;
  /** Seconds after a ping without any pong. */
  readonly pongTimeout: number;
  /** Bytes received or sent in one piece. */
  readonly bufferSize: number;
  /** Milliseconds that TCP may hold a write up once it has begun, beside the timeout of the send. */
  readonly writeGrace: number;
  readonly failedSendFrees: boolean;
  readonly earlyFramesAtOnce: boolean;
  readonly survivesStalls: boolean;
  readonly closesAtOnce: boolean;
  /** Whether rounds of the task are a hair shorter now. */
  readonly shortRounds: () => boolean;
  readonly waitsForHeaders: boolean;
  /** Whether a server's close frame is answered. */
  readonly answersClose: () => boolean;
  /** The TLS settings now; undefined for plain TCP, `unusable` when its certificates are gone. */
  readonly tls: () => TlsOptions | undefined | 'unusable';
}

/** What a client tells its owner, from within its task. */
export interface ClientEvents {
  connected(): void;
  /** An attempt failed or the connection was lost; the client goes on trying. */
  disconnected(): void;
  /** The server's close frame was answered: the link is gone, the connection may last a little longer. */
  closed(): void;
  /** The client has ended: nothing more comes of it. */
  ended(): void;
  /** Received data, in order. */
  data(chunk: Chunk): void;
  /** Whether the owner can take data now; if not, it calls `resume` when it can. */
  ready(resume: () => void): boolean;
}
