import type { PortWriter } from '../../at/types';
import { EspAtError } from '../../errors';
import type { Port } from '../../port/port';
import type { DeviceOptions, PortMemory } from '../options';
import type { SessionContext, SessionMemory } from './session-state';

/** The open port of a device session, with its baud rate in bits a second. */
export class SessionPort implements PortWriter {
  readonly #port: Port;
  readonly #options: DeviceOptions;
  readonly #rateChanged: (isNegotiated: boolean) => void;
  readonly #memory: PortMemory;
  readonly #counters: SessionContext['counters'];
  /** How many times as long as usual the port delays responses, as far as is known. */
  slowness: number;
  #baudRate: number | undefined;
  #flowControl: boolean;
  #negotiatedRateWorks: boolean;

  /**
   * @param context its memory keeps the rate of the device for the next session on the port
   * @param before what the session before has found out about the port
   * @param rateChanged called with whether a restart of the device resets the new rate
   */
  constructor(
    port: Port,
    { options, counters }: Pick<SessionContext, 'options' | 'counters'>,
    before: Pick<SessionMemory, 'negotiatedRateWorks' | 'slowness'>,
    rateChanged: (isNegotiated: boolean) => void,
  ) {
    this.#port = port;
    this.#options = options;
    this.#memory = options.memory;
    this.#counters = counters;
    this.#flowControl = options.flowControl === true;
    this.#negotiatedRateWorks = before.negotiatedRateWorks;
    this.slowness = before.slowness;
    this.#rateChanged = rateChanged;
    this.#baudRate = options.port.rate;
  }

  /** The address as the user wrote it, for errors. */
  get address(): string {
    return this.#options.port.address;
  }

  write(bytes: Uint8Array): void {
    this.#port.write(bytes);
    this.#counters.sent(bytes.length);
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
    return this.#port.setRate !== undefined && this.startRate !== undefined;
  }

  /** Baud rate of the device after a restart; undefined where the port has none. */
  get startRate(): number | undefined {
    return this.#options.port.rate;
  }

  /** Baud rate at which the device was last on this port. */
  get rememberedRate(): number | undefined {
    return this.#memory.baudRate;
  }

  /** Keeps the baud rate of the device for the next session on the port. */
  remember(rate = this.#baudRate): void {
    this.#memory.baudRate = rate;
  }

  /** Whether the driver finds the best rate by itself. */
  get isAutomatic(): boolean {
    return this.#options.negotiatedRate === 'automatic';
  }

  /** The rate of the options; undefined where there is none, or where it has failed. */
  get negotiatedRate(): number | undefined {
    const { negotiatedRate } = this.#options;
    const isRate = typeof negotiatedRate === 'number' && negotiatedRate !== 0;
    return this.#negotiatedRateWorks && isRate ? negotiatedRate : undefined;
  }

  get negotiatedRateWorks(): boolean {
    return this.#negotiatedRateWorks;
  }

  /** Excludes the negotiated rate for good: a device that gets stuck at it needs a power cycle. */
  giveUpNegotiatedRate(): void {
    this.#negotiatedRateWorks = false;
  }

  /** @throws EspAtError `PORT_FAILED`, `PORT_CLOSED` */
  async setRate(rate: number | undefined): Promise<void> {
    if (rate === undefined || rate === this.#baudRate) return;
    await this.#port.setRate?.(rate);
    this.#baudRate = rate;
    this.#rateChanged(this.isNegotiated);
  }

  /**
   * Whether a change of the rate reaches the line: a pty or a remote port without modem lines takes any rate, and what
   * is behind it keeps its own.
   */
  async hasModemLines(): Promise<boolean> {
    if (!this.#port.readCts) return true;
    return this.#port.readCts().then(
      () => true,
      () => false,
    );
  }

  /** Whether this end uses RTS and CTS. */
  get usesFlowControl(): boolean {
    return this.#flowControl;
  }

  /** Whether the other end holds CTS of the port active; false where the port cannot tell. */
  async readCts(): Promise<boolean> {
    if (!this.#port.setFlowControl) return false;
    return (await this.#port.readCts?.().catch(() => false)) === true;
  }

  /** Uses RTS and CTS at this end, where the port can. @throws EspAtError `PORT_*` */
  async setFlowControl(on: boolean): Promise<void> {
    if (on === this.#flowControl) return;
    await this.#port.setFlowControl?.(on);
    this.#flowControl = on;
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
    return this.isNegotiated && (await this.trySetRate(this.#options.port.rate));
  }

  /** Whether the options and the port allow a {@link reset}. */
  get canReset(): boolean {
    return this.#options.rtsReset === true && this.#port.reset !== undefined && !this.#flowControl;
  }

  /** Resets the device by RTS, and sets its rate after a restart. @throws EspAtError `PORT_*` */
  async reset(): Promise<void> {
    await this.setRate(this.#options.port.rate);
    await this.#port.reset?.();
  }

  /** Whether the driver has changed how the device's UART is set. */
  get isChanged(): boolean {
    return this.isNegotiated || (this.isAutomatic && this.#flowControl);
  }

  /** Whether a restart of the device resets the rate. */
  get isNegotiated(): boolean {
    return this.#baudRate !== undefined && this.#baudRate !== this.startRate;
  }
}
