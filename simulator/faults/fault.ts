import type { Clock } from '../clock';
import type { SimulatedDevice } from '../device/device';
import type { Point } from '../device/hooks';
import type { Random } from '../random';
import type { FaultyLine } from './line';
import type { FaultyNetwork } from './network';
import type { Rules } from './rules';
import type { Direction } from './direction';

/** How and when a fault applies. Each kind takes some of these settings, and has defaults for those it needs. */
export interface FaultSettings {
  /** Which way the bytes go; default both with a chance, otherwise to the host. */
  readonly direction?: Direction;
  /** Bytes that still pass in that direction before the fault applies. */
  readonly offset?: number;
  /** Above 0, up to 1: the probability that the fault applies to a byte (or command); it stays. */
  readonly chance?: number;
  /** Applies at this point of the next command. */
  readonly point?: Point;
  /** Applies only to commands with this prefix; case is ignored. */
  readonly command?: string;
  /** Milliseconds until it waits for its trigger. */
  readonly delay?: number;
  /** Milliseconds. */
  readonly duration?: number;
  /** How many bytes, or times: see the fault. */
  readonly count?: number;
}

/** The name of a setting. */
export type Setting = keyof FaultSettings;

/** Where a fault applied. */
export type Place =
  | {
      readonly kind: 'bytes';
      readonly direction: Direction;
      /** Bytes that came this way before the first affected one, since the device was made. */
      readonly offset: number;
      /** What the bytes came with: one piece of what the device said, or one read of the device's. */
      readonly unit: Buffer;
      /** Where in the unit. */
      readonly index: number;
      /** The affected bytes before and after the fault. */
      readonly sent: Buffer;
      readonly received: Buffer;
    }
  | { readonly kind: 'command'; readonly point: Point; readonly line: string }
  /** A network connection, or `count` of them. */
  | { readonly kind: 'network'; readonly count: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'time' };

/** One application of a fault. */
export interface Hit {
  /** The name of the fault. */
  readonly fault: string;
  /** Milliseconds on the device's clock. */
  readonly at: number;
  /** Where it applied. */
  readonly place: Place;
  /** Bytes that had come each way by then. */
  readonly passed: Readonly<Record<Direction, number>>;
}

/** The port through which a host reaches the device, as its owner lets faults handle it. */
export interface FaultyPort {
  /** Pulls the cable: the port is gone. */
  unplug(): void;
  /** Plugs the cable in again. */
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

/** What an active fault reports. */
export interface Run {
  /** The random source of the fault. */
  readonly random: Random;
  /** The fault has applied. */
  hit(place: Place): void;
  /** The fault has applied for the last time. */
  over(): void;
}

/** A kind of fault. */
export interface Fault {
  /** As in the table of faults, such as `answer-lost`. */
  readonly name: string;
  /** What it affects. */
  readonly group: FaultGroup;
  /** One line. */
  readonly description: string;
  /** What its settings mean where that is not evident, and which it takes. */
  readonly takes: readonly Setting[];
  /** The settings that it has unless given. */
  readonly defaults: FaultSettings;
  /** Whether it stays until it is ended, rather than apply once. With a chance, every fault stays. */
  readonly lasting: boolean;
  /** Puts it to work. Returns its end: nothing of it stays that would not stay with a real device. */
  start(site: FaultSite, settings: FaultSettings, run: Run): () => void;
}

/** What a fault affects. */
export type FaultGroup = 'line' | 'command' | 'device' | 'network' | 'port';
