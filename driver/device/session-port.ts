import type { PortWriter } from '../at/types';
import { EspAtError } from '../errors';
import type { Port } from '../port/port';
import type { DeviceOptions } from './options';

/** What most boards use after power-up, in bits a second. */
const DEFAULT_RATE = 115_200;

/** The open port of a session, with its baud rate in bits a second. */
export class SessionPort implements PortWriter {
  readonly #port: Port;
  readonly #options: DeviceOptions;
  readonly #rateChanged: (isNegotiated: boolean) => void;
  #baudRate: number | undefined;
  #negotiatedRateWorks: boolean;

  /**
   * @param negotiatedRateWorks false: the negotiated rate was tried in vain before
   * @param rateChanged told whether the device loses the new rate with a restart
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

  /** As the user wrote it, for errors. */
  get address(): string {
    return this.#options.port.address;
  }

  write(bytes: Uint8Array): void {
    this.#port.write(bytes);
  }

  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  /** Of the port, or of a bridge's port behind it; where known. */
  get rate(): number | undefined {
    return this.#baudRate ?? this.#options.port.bridgedRate;
  }

  /** As port and device have it now; undefined where the port has none. */
  get baudRate(): number | undefined {
    return this.#baudRate;
  }

  get canSetRate(): boolean {
    return this.#port.setRate !== undefined;
  }

  /** The rate that port and device are to agree on; undefined: there is none, or it was tried in vain. */
  get negotiatedRate(): number | undefined {
    const { negotiatedRate } = this.#options;
    return this.#negotiatedRateWorks && negotiatedRate !== 0 ? negotiatedRate : undefined;
  }

  get negotiatedRateWorks(): boolean {
    return this.#negotiatedRateWorks;
  }

  /** Never tries the negotiated rate again: a device that is left at it has to be switched off by hand. */
  giveUpNegotiatedRate(): void {
    this.#negotiatedRateWorks = false;
  }

  /** Where the device may listen, the likeliest rate first. */
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
   * Sets a rate that the adapter may not support. False when it does not.
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

  /** Goes back from a negotiated rate to the one that the device has after a restart. False when it cannot. */
  async fallBack(): Promise<boolean> {
    return this.#isNegotiated && (await this.trySetRate(this.#options.port.rate));
  }

  /** Whether the options and the port allow a {@link reset}. */
  get canReset(): boolean {
    return this.#options.rtsReset === true && this.#port.reset !== undefined;
  }

  /** Resets the device by RTS, and listens at the rate that it starts with. @throws EspAtError `PORT_*` */
  async reset(): Promise<void> {
    await this.setRate(this.#options.port.rate);
    await this.#port.reset?.();
  }

  /** Whether the device loses the rate with a restart. */
  get #isNegotiated(): boolean {
    const { port, negotiatedRate } = this.#options;
    return (
      this.#baudRate !== undefined &&
      this.#baudRate === negotiatedRate &&
      this.#baudRate !== port.rate
    );
  }
}
