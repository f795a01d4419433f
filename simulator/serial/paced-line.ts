import { PacedUart, type PacedLineOptions } from './paced-uart';
import type { UartFactory } from './uart';

/** Probability that the line corrupts a byte above the rate it can carry. */
const OVERLOAD_CORRUPTION = 0.002;

/** The corruption of a line that can carry `rate`, in bits a second. */
export const corruptsAbove =
  (rate: number) =>
  (current: number): number =>
    current > rate ? OVERLOAD_CORRUPTION : 0;

/**
 * A serial line on which each byte takes its ten bits (with 8N1) at the rate of the end that sends it, in both directions
 * at once. A rate of `AT+UART_CUR` takes effect when its OK has left. When the rates of the ends differ, corrupt bytes
 * arrive. Each line serves one device, which gets its {@link factory}.
 *
 * Times follow from the injected clock alone. A timer that fires up to 25 ms late delays nothing else: a response begins
 * to pass when the bytes it responds to had passed, not when a late timer delivered them.
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

  /** Whether the device holds the host's CTS active: RTS and CTS are wired, and the device drives its RTS. */
  get cts(): boolean {
    return this.#uart?.cts === true;
  }

  /** Bits a second at the host's end; undefined: the device's rate. */
  get hostRate(): number | undefined {
    return this.#hostRate;
  }

  /** The host reads at the new rate at once, and writes at it once its earlier bytes have left. */
  set hostRate(rate: number | undefined) {
    this.#hostRate = rate;
    this.#uart?.setHostRate(rate);
  }
}
