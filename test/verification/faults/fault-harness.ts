import type { Device } from '../../../driver/device/device';
import type { LinkId } from '../../../driver/at/types';
import type { Clock } from '../../../driver/clock';
import type { FirmwareClass, Hooks } from '../../../simulator';
import type { Faults } from '../../../simulator/faults';
import type { WsServer } from '../../harness/network/ws-server';
import type { MessageLog } from '../message-log';

/** Observes the port, before faults change its bytes. */
export interface PortObserver {
  /** The host wrote bytes. */
  wrote(bytes: Buffer): void;
  /** The device executes the command line that arrived. */
  executed(line: string): void;
  /** The device wrote the final result code of that line. */
  answered(): void;
  /** The device refused bytes with a diagnostic. */
  refused(): void;
}

/** An event loop that a run can block. */
interface BlockableHost {
  readonly blocked: boolean;
  /** Total milliseconds for which it was blocked. */
  readonly blockedMs: number;
  block(durationMs: number, inputLateMs: number): void;
  /** Settles once code of the host may run. */
  awake(): Promise<void>;
}

/**
 * Driver, simulated device and WebSocket server, with handles for every fault: in virtual time, or on a real
 * serial port with real sockets in real time.
 */
export interface FaultHarness {
  readonly clock: Clock;
  /** The host's event loop; undefined where a run cannot block it. */
  readonly host: BlockableHost | undefined;
  readonly log: MessageLog;
  readonly device: Device;
  readonly faults: Faults;
  readonly ws: WsServer;
  readonly firmware: FirmwareClass;
  /** Factor of the pauses between messages, so that a slow port is not flooded. */
  readonly pauseFactor: number;
  /** Milliseconds from power-up to an address, at most. */
  readonly bootAndJoinMs: number;
  /** Milliseconds that the longest payload takes at the port's rate. */
  readonly padMs: number;
  /** Milliseconds that all received bytes took at the port's rate; 0 without a rate. */
  readonly receiveMs: number;
  /** Count of the listeners that the run itself has added. */
  ownListeners: number;
  monitor: PortObserver | undefined;
  /** Called with the bytes that the host writes and reads, for a trace. */
  onWrite: ((bytes: Buffer) => void) | undefined;
  onRead: ((bytes: Buffer) => void) | undefined;
  /** Called with the count of bytes in each write, both ways. */
  onPass: ((length: number) => void) | undefined;
  /** The URI of a link. */
  uri(link: LinkId): string;
  /** Lets another program open the port, or close it. Call only while it is unplugged. */
  occupy(taken: boolean): void;
  /** Lets time pass until a promise settles. */
  drive<T>(promise: Promise<T>): Promise<T>;
  /** Stops everything. @returns remaining timers, ports and connections */
  end(): Promise<readonly string[]>;
}

/** Hooks through which a monitor observes the device. */
export function hooksFor(monitor: () => PortObserver | undefined): Hooks {
  return {
    reached: (point, line) => {
      if (point === 'command') monitor()?.executed(line);
      else if (point === 'answered') monitor()?.answered();
    },
    refused: () => monitor()?.refused(),
  };
}
