import type { Clock } from '../clock';
import type { SimulatedDevice } from '../device';
import type { Point } from '../hooks';
import type { Random } from '../random';
import type { FaultyLine } from './line';
import type { FaultyNetwork } from './network';
import type { Rules } from './rules';
import type { Direction } from './wire';

/** How and when a fault strikes. Each kind takes some of these, and has defaults for what it needs. */
export interface FaultSettings {
  /** Which way the bytes go; default both with a chance, otherwise to the host. */
  readonly direction?: Direction;
  /** Bytes that still pass in that direction before it strikes. */
  readonly offset?: number;
  /** Above 0, up to 1: how likely each byte (or command) is struck, again and again. */
  readonly chance?: number;
  /** Strikes at this point in the life of the next command. */
  readonly point?: Point;
  /** Strikes only commands that begin so, in any case. */
  readonly command?: string;
  /** Milliseconds until it begins to look for its moment. */
  readonly delay?: number;
  /** Milliseconds. */
  readonly duration?: number;
  /** How many bytes, or times: see the fault. */
  readonly count?: number;
}

export type Setting = keyof FaultSettings;

/** Where a fault struck. */
export type Place =
  | {
      readonly kind: 'bytes';
      readonly direction: Direction;
      /** Bytes that came this way before the first one struck, since the device was made. */
      readonly offset: number;
      /** What the bytes came with: one piece of what the device said, or one read of the device's. */
      readonly unit: Buffer;
      /** Where in the unit. */
      readonly index: number;
      readonly sent: Buffer;
      readonly received: Buffer;
    }
  | { readonly kind: 'command'; readonly point: Point; readonly line: string }
  /** A network connection, or `count` of them. */
  | { readonly kind: 'network'; readonly count: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'moment' };

/** A stroke of a fault. */
export interface Hit {
  readonly fault: string;
  /** Milliseconds on the device's clock. */
  readonly at: number;
  readonly place: Place;
  /** Bytes that had come each way by then. */
  readonly passed: Readonly<Record<Direction, number>>;
}

/** The port through which a host reaches the device, as its owner lets faults handle it. */
export interface FaultyPort {
  /** Pulls the cable: the port is gone. */
  unplug(): void;
  plugIn(): void;
}

/** The places at which faults take hold of a device. */
export interface FaultSite {
  readonly clock: Clock;
  readonly device: SimulatedDevice;
  readonly line: FaultyLine;
  readonly rules: Rules;
  readonly network: FaultyNetwork;
  readonly port: FaultyPort | undefined;
}

/** What a fault at work tells about itself. */
export interface Run {
  /** The fault's own chance. */
  readonly random: Random;
  /** It has struck. */
  hit(place: Place): void;
  /** Nothing more will come of it. */
  over(): void;
}

/** A kind of fault. */
export interface Fault {
  readonly name: string;
  readonly group: FaultGroup;
  /** One line. */
  readonly description: string;
  /** What its settings mean where that is not evident, and which it takes. */
  readonly takes: readonly Setting[];
  readonly defaults: FaultSettings;
  /** Whether it stays until it is ended, rather than strike once. A chance makes every fault stay. */
  readonly lasting: boolean;
  /** Puts it to work. Returns its end: nothing of it stays that would not stay with a real device. */
  start(site: FaultSite, settings: FaultSettings, run: Run): () => void;
}

export type FaultGroup = 'line' | 'command' | 'device' | 'network' | 'port';
