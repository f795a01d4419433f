import type { Device } from '../../driver/device';
import type { LinkId } from '../../driver/at/frame';
import type { SimulatedDevice } from '../../simulator';
import type { WsServer } from '../support/ws-server';
import type { Books } from './books';
import type { FaultyPort } from './faulty-port';
import type { Gremlins } from './gremlins';

/** What the server does with new connections. */
export type Welcome = 'accepts' | 'refuses' | 'silent';

/**
 * Everything from the driver to a WebSocket server, with handles for all that can go wrong. In virtual time,
 * or on a real serial line with real sockets in real time.
 */
export interface Stage {
  readonly device: Device;
  readonly simulator: SimulatedDevice;
  readonly gremlins: Gremlins;
  readonly port: FaultyPort;
  readonly books: Books;
  readonly ws: WsServer;
  readonly firmware: 'A' | 'B' | 'C' | 'D';
  /** Milliseconds from power-up to an address, at most. */
  readonly bootAndJoin: number;
  /** Milliseconds of the stage's time. */
  now(): number;
  /** What each link is opened with. */
  uri(link: LinkId): string;
  pass(milliseconds: number): Promise<void>;
  /** Lets time pass until it is so, or the limit is reached; true when it is so. */
  until(done: () => boolean, limit: number): Promise<boolean>;
  /** Calls back later; for faults that end. */
  after(milliseconds: number, callback: () => void): () => void;
  unplug(): void;
  plugIn(): void;
  /** How new TCP connections fare. */
  welcome: Welcome;
  /** Stops everything; brings what is left over of timers and listeners. */
  end(): Promise<readonly string[]>;
}
