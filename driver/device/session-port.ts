import type { PortWriter } from '../at/types';
import { EspAtError } from '../errors';
import type { Port } from '../port/port';
import type { DeviceOptions } from './options';

/** Power-up baud rate of most boards, in bits a second. */
const DEFAULT_RATE = 115_200;

/** The open port of a device session, with its baud rate in bits a second. */
export class SessionPort implements PortWriter {
  readonly #port: Port;
  readonly #options: DeviceOptions;
  readonly #rateChanged: (isNegotiated: boolean) => void;
  #baudRate: number | undefined;
  #negotiatedRateWorks: boolean;

  /**
   * @param negotiatedRateWorks false where the negotiated rate has failed before
   * @param rateChanged called with whether a restart of the device resets the new rate
   */
  constructor(
    port: Port,
    options: DeviceOptions,
    negotiatedRateWorks: boolean,
    rateChanged: (isNegotiated: boolean) => void,
  ) {
    this.#port = port;
    this.#options = options;
    this.#negotiatedRateWorks = negotiatedRateWorks;
    this.#rateChanged = rateChanged;
    this.#baudRate = options.port.rate;
  }

  /** The address as the user wrote it, for errors. */
  get address(): string {
    return this.#options.port.address;
  }

  write(bytes: Uint8Array): void {
    this.#port.write(bytes);
  }

  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  /** Baud rate of the port, or of the port behind a bridge; undefined where unknown. */
  get rate(): number | undefined {
    return this.#baudRate ?? this.#options.port.bridgedRate;
  }

  /** Current baud rate of port and device; undefined where the port has none. */
  get baudRate(): number | undefined {
    return this.#baudRate;
  }

  get canSetRate(): boolean {
    return this.#port.setRate !== undefined;
  }

  /** The rate to negotiate; undefined where there is none, or where it has failed. */
  get negotiatedRate(): number | undefined {
    const { negotiatedRate } = this.#options;
    return this.#negotiatedRateWorks && negotiatedRate !== 0 ? negotiatedRate : undefined;
  }

  get negotiatedRateWorks(): boolean {
    return this.#negotiatedRateWorks;
  }

  /** Excludes the negotiated rate for good: a device that stays at it needs a power cycle. */
  giveUpNegotiatedRate(): void {
    this.#negotiatedRateWorks = false;
  }

  /** Rates that the device may use, the likeliest first. */
  get candidates(): readonly (number | undefined)[] {
    if (!this.canSetRate) return [this.#baudRate];
    const { port, negotiatedRate } = this.#options;
    const rates = [this.#baudRate, port.rate, negotiatedRate, DEFAULT_RATE];
    return [...new Set(rates.filter((rate) => rate))];
  }

  /** @throws EspAtError `PORT_FAILED`, `PORT_CLOSED` */
  async setRate(rate: number | undefined): Promise<void> {
    if (rate === undefined || rate === this.#baudRate) return;
    await this.#port.setRate?.(rate);
    this.#baudRate = rate;
    this.#rateChanged(this.#isNegotiated);
  }

  /**
   * Sets a rate; returns false where the adapter does not support it.
   * @throws EspAtError `PORT_CLOSED`
   */
  async trySetRate(rate: number | undefined): Promise<boolean> {
    try {
      await this.setRate(rate);
      return true;
    } catch (error) {
      if (error instanceof EspAtError && error.code === 'PORT_CLOSED') throw error;
      return false;
    }
  }

  /** Returns from a negotiated rate to the device's rate after a restart; false where the port cannot. */
  async fallBack(): Promise<boolean> {
    return this.#isNegotiated && (await this.trySetRate(this.#options.port.rate));
  }

  /** Whether the options and the port allow a {@link reset}. */
  get canReset(): boolean {
    return this.#options.rtsReset === true && this.#port.reset !== undefined;
  }

  /** Resets the device by RTS, and sets its rate after a restart. @throws EspAtError `PORT_*` */
  async reset(): Promise<void> {
    await this.setRate(this.#options.port.rate);
    await this.#port.reset?.();
  }

  /** Whether a restart of the device resets the rate. */
  get #isNegotiated(): boolean {
    const { port, negotiatedRate } = this.#options;
    return (
      this.#baudRate !== undefined &&
      this.#baudRate === negotiatedRate &&
      this.#baudRate !== port.rate
    );
  }
}
