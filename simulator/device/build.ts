import { faultyDevice, type Faults, type FaultyPort } from '../faults';
import type { SimulatedDevice } from './device';
import type { SimulatorOptions } from './options';
import { damagedAbove, PacedLine } from '../serial/paced-line';

/** What a command line or an address can ask for beside a device. */
export interface BuildOptions extends SimulatorOptions {
  /**
   * Bits a second of a serial line on which bytes take their time; the device is built to start with it.
   * Default: a line without a rate, on which they take none.
   */
  readonly rate?: number;
  /** Whether RTS and CTS of that line are wired; default true. */
  readonly rtsCts?: boolean;
  /** Bits a second above which that line damages bytes; default: none. */
  readonly maxRate?: number;
  /** Faults that are injected at once, such as `lose=to-host,0.1%` or `late=AT+WSSEND,3s`. */
  readonly faults?: readonly string[];
}

/** A device, its faults, and the line to it if that has a rate. */
export interface Built {
  readonly device: SimulatedDevice;
  readonly faults: Faults;
  readonly line: PacedLine | undefined;
}

/**
 * Makes a device as ordered.
 *
 * @param port the port that the fault `unplug` pulls
 * @throws Error for a fault that there is not, or that does not take such a setting
 */
export function build(
  { rate, rtsCts = true, maxRate = Infinity, faults: orders = [], ...options }: BuildOptions,
  port: FaultyPort,
): Built {
  const damage = damagedAbove(maxRate);
  const line = rate === undefined ? undefined : new PacedLine({ rtsCts, damage });
  const { device, faults } = faultyDevice({
    ...options,
    ...(line === undefined || rate === undefined ? {} : { baud: rate, uart: line.factory }),
  });
  faults.port = port;
  try {
    for (const each of orders) faults.inject(each);
  } catch (error) {
    faults.clear();
    device.destroy();
    throw error;
  }
  return { device, faults, line };
}
