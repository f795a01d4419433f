import type { Clock } from '../clock';
import type { SimulatedDevice } from '../device/device';
import type { Point } from '../device/hooks';
import type { Random } from '../random';
import type { Direction } from '../serial/direction';
import type { FaultyLine } from './line';
import type { FaultyNetwork } from './network';
import type { Rules } from './rules';

/** How and when a fault applies. Each kind takes some of these settings, and has defaults for those it needs. */
export interface FaultSettings {
  /** Direction of the bytes. Default: to the host; both for a fault on bytes with a chance; to the device for `noise`. */
  readonly direction?: Direction;
  /** Count of further bytes in that direction before the fault applies. */
  readonly offset?: number;
  /**
   * Above 0, up to 1: the probability that the fault applies to a byte, a command or a segment of a server. Such a fault
   * stays active.
   */
  readonly chance?: number;
  /** Applies at this point of the next command. */
  readonly point?: Point;
  /** Limits the fault to commands with this prefix; case is ignored. */
  readonly command?: string;
  /** Milliseconds before the fault waits for its trigger. */
  readonly delay?: number;
  /** Milliseconds. */
  readonly duration?: number;
  /** Of commands, or of what the fault's description names behind `count:`. */
  readonly count?: number;
}

/** The name of a setting. */
export type Setting = keyof FaultSettings;

/** Where a fault applied. */
export type Place =
  | {
      readonly kind: 'bytes';
      readonly direction: Direction;
      /** Count of bytes in this direction before the affected one, since the device was made. */
      readonly offset: number;
      /** The chunk that holds the bytes: to the host a write of the device, to the device one of its reads. */
      readonly chunk: Buffer;
      /** Index in the chunk. */
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
  /** Count of bytes that had passed in each direction. */
  readonly passed: Readonly<Record<Direction, number>>;
}

/** The host's port to the device, which faults can unplug. */
export interface FaultyPort {
  /** Pulls the cable: the port is gone. */
  unplug(): void;
  /** Plugs the cable in again. */
  plugIn(): void;
}

/** The parts of a device that faults change. */
export interface FaultSite {
  readonly clock: Clock;
  readonly device: SimulatedDevice;
  readonly serialLine: FaultyLine;
  readonly rules: Rules;
  readonly network: FaultyNetwork;
  readonly port: FaultyPort | undefined;
}

/** The random source of an active fault, and its callbacks. */
export interface FaultCallbacks {
  readonly random: Random;
  /** The fault applies. Returns false when a listener has ended it: no effect is to follow. */
  hit(place: Place): boolean;
  /** The fault has applied for the last time. */
  over(): void;
}

/** A kind of fault. */
export interface Fault {
  /** Such as `answer-lost`. */
  readonly name: string;
  /** What it affects. */
  readonly group: FaultGroup;
  /** One line. */
  readonly description: string;
  /** The settings that it takes. */
  readonly takes: readonly Setting[];
  /** Default settings. */
  readonly defaults: FaultSettings;
  /** The least count. Default 1. */
  readonly minCount?: number;
  /**
   * Whether it stays active until `Injection.end()`, as every fault with a chance does. Otherwise it applies once; a fault
   * of the group `command` to `count` commands; `lose`, `flip` and `double` to `count` bytes.
   */
  readonly lasting: boolean;
  /** @internal Starts the fault; the injector calls it once the delay has passed. Returns a function that ends it and its lasting effect. */
  start(site: FaultSite, settings: FaultSettings, run: FaultCallbacks): () => void;
}

/** What a fault affects. */
export type FaultGroup = 'line' | 'command' | 'device' | 'network' | 'port';
