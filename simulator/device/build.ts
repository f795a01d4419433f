import { faultyDevice, type Faults, type FaultyPort } from '../faults';
import type { SimulatedDevice } from './device';
import type { SimulatorOptions } from './options';
import { corruptsAbove, PacedLine } from '../serial/paced-line';

/**
 * A device, its UART and its faults, as an address specifies them. The program `esp-at-simulator` takes
 * neither `rtsCts` nor `maxRate`.
 */
export interface BuildOptions extends SimulatorOptions {
  /** Bits a second of the UART; the device starts with this rate. Default: bytes take no time. */
  readonly rate?: number;
  /** Whether RTS and CTS are wired; default true. */
  readonly rtsCts?: boolean;
  /** Bits a second above which bytes arrive corrupt; default: none. */
  readonly maxRate?: number;
  /** Faults that are injected at once, such as `lose=to-host,0.1%` or `late=AT+WSSEND,3s`. */
  readonly faults?: readonly string[];
}

/** A device, its faults, and its UART if that has a rate. */
interface BuiltDevice {
  readonly device: SimulatedDevice;
  readonly faults: Faults;
  readonly line: PacedLine | undefined;
}

/**
 * Makes a device with its UART, and injects its faults.
 *
 * @param port the port that the fault `unplug` unplugs
 * @throws Error for an unknown fault, or a setting that the fault does not take
 */
export function build(
  { rate, rtsCts = true, maxRate = Infinity, faults: texts = [], ...options }: BuildOptions,
  port: FaultyPort,
): BuiltDevice {
  const corruption = corruptsAbove(maxRate);
  const line = rate === undefined ? undefined : new PacedLine({ rtsCts, corruption });
  const { device, faults } = faultyDevice({
    ...options,
    ...(line === undefined || rate === undefined ? {} : { baud: rate, uart: line.factory }),
  });
  faults.port = port;
  try {
    for (const each of texts) faults.inject(each);
  } catch (error) {
    faults.clear();
    device.destroy();
    throw error;
  }
  return { device, faults, line };
}
