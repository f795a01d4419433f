import { PacedUart, type PacedLineOptions } from './paced-uart';
import type { UartFactory } from './uart';

/** The share of bytes that a line corrupts above the rate it can carry. */
const OVERLOAD_CORRUPTION = 0.002;

/** A line that corrupts bytes above a rate, in bits a second. */
export const damagedAbove =
  (rate: number) =>
  (current: number): number =>
    current > rate ? OVERLOAD_CORRUPTION : 0;

/**
 * A serial line on which bytes take their time: ten bits each (with 8N1) at the device's rate, both ways at once,
 * starting with the rate of `AT+UART_CUR`, whose changes take effect when the OK has left. When the ends disagree
 * about the rate, garbage arrives. For one device; give {@link factory} to it.
 *
 * Times follow from the injected clock alone. A timer that fires late delays nothing else: what is written in
 * answer to bytes begins to pass when those had passed, not when they were noticed.
 */
export class PacedLine {
  readonly factory: UartFactory;
  readonly #options: PacedLineOptions;
  #hostRate: number | undefined;
  #uart: PacedUart | undefined;

  constructor(options: PacedLineOptions = {}) {
    this.#options = options;
    this.#hostRate = options.hostRate;
    this.factory = (ends) => {
      this.#uart = new PacedUart(ends, this.#options, this.#hostRate);
      return this.#uart;
    };
  }

  /** Whether the device holds CTS of the host active: the wire is there, and the device drives it. */
  get cts(): boolean {
    return this.#uart?.cts === true;
  }

  /** Bits a second at the host's end; undefined: always the device's. */
  get hostRate(): number | undefined {
    return this.#hostRate;
  }

  /** The host reads at the new rate at once, and writes at it once what it wrote before has left. */
  set hostRate(rate: number | undefined) {
    this.#hostRate = rate;
    this.#uart?.setHostRate(rate);
  }
}
