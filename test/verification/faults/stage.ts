import type { Device } from '../../../driver/device/device';
import type { LinkId } from '../../../driver/at/types';
import type { Clock } from '../../../driver/clock';
import type { FirmwareClass, Hooks } from '../../../simulator';
import type { Faults } from '../../../simulator/faults';
import type { WsServer } from '../../harness/network/ws-server';
import type { Books } from './books';

/** Told of everything that passes, before any fault has touched it. */
export interface StageWitness {
  /** The host wrote bytes. */
  wrote(bytes: Buffer): void;
  /** The device took a command line, as it reached it. */
  took(line: string): void;
  /** The device gave the result of the last of them. */
  answered(): void;
  /** The device had no use for bytes that came, and said so. */
  refused(): void;
}

/** An event loop that can be blocked. */
export interface StageHost {
  readonly blocked: boolean;
  /** Milliseconds that it was blocked so far. */
  readonly blockedMs: number;
  block(durationMs: number, inputLateMs: number): void;
  /** Settles once code of the host may run. */
  awake(): Promise<void>;
}

/**
 * Everything from the driver to a WebSocket server, with handles for all that can go wrong. In virtual time,
 * or on a real serial line with real sockets in real time.
 */
export interface Stage {
  readonly clock: Clock;
  /** The host's event loop, where it can be blocked. */
  readonly host: StageHost | undefined;
  readonly books: Books;
  readonly device: Device;
  readonly faults: Faults;
  readonly ws: WsServer;
  readonly firmware: FirmwareClass;
  /** How much longer pauses between messages are than usual, so that a slow line is not flooded. */
  readonly leisure: number;
  /** Milliseconds from power-up to an address, at most. */
  readonly bootAndJoin: number;
  /** Milliseconds that a data prompt's 16 kB need on the line. */
  readonly filling: number;
  /** Milliseconds that all the host has heard took up on the line; 0 on one without a rate. */
  readonly heard: number;
  witness: StageWitness | undefined;
  /** Told of what the host writes and reads, for a look at it. */
  onWrite: ((bytes: Buffer) => void) | undefined;
  onRead: ((bytes: Buffer) => void) | undefined;
  /** Told how many bytes pass, either way. */
  onPass: ((length: number) => void) | undefined;
  /** What a link is opened with. */
  uri(link: LinkId): string;
  /** Another program takes the port, or gives it back; only while it is unplugged. */
  occupy(taken: boolean): void;
  /** Lets time pass until a promise settles. */
  drive<T>(promise: Promise<T>): Promise<T>;
  /** Stops everything; brings what is left over of timers, ports and connections. */
  end(): Promise<readonly string[]>;
}

/** Lets a witness see what the device does. */
export function hooksFor(witness: () => StageWitness | undefined): Hooks {
  return {
    reached: (point, line) => {
      if (point === 'command') witness()?.took(line);
      else if (point === 'answered') witness()?.answered();
    },
    refused: () => witness()?.refused(),
  };
}
