import type { AtClient } from '../at/at-client';
import type { SequenceAccess } from '../at/command-sequence';
import { parseUart, uartCur, uartQuery } from '../commands/uart';
import { EspAtError } from '../errors';
import type { Port } from '../port/port';
import type { DeviceOptions } from './options';

/** What most boards use after power-up, in bits a second. */
const DEFAULT_RATE = 115_200;

/** The baud rate of an open port, in bits a second. */
export class BaudRate {
  readonly #port: Port;
  readonly #options: DeviceOptions;
  readonly #client: Pick<AtClient, 'assume'>;
  #current: number | undefined;
  #negotiatedRateWorks: boolean;

  /** @param negotiatedRateWorks false: the negotiated rate was tried in vain before */
  constructor(
    port: Port,
    options: DeviceOptions,
    client: Pick<AtClient, 'assume'>,
    negotiatedRateWorks: boolean,
  ) {
    this.#port = port;
    this.#options = options;
    this.#client = client;
    this.#current = options.port.rate;
    this.#negotiatedRateWorks = negotiatedRateWorks;
  }

  /** As port and device have it now; undefined where the port has none. */
  get current(): number | undefined {
    return this.#current;
  }

  /** Bits a second of the port, or of a line beyond it; where known. */
  get ofLine(): number | undefined {
    return this.#current ?? this.#options.port.bridgedRate;
  }

  /** Whether it can be changed. */
  get isAdjustable(): boolean {
    return this.#port.setRate !== undefined;
  }

  get negotiatedRateWorks(): boolean {
    return this.#negotiatedRateWorks;
  }

  /** Where the device may listen, the likeliest rate first. */
  get candidates(): readonly (number | undefined)[] {
    if (!this.isAdjustable) return [this.#current];
    const { port, raiseTo } = this.#options;
    const rates = [this.#current, port.rate, raiseTo, DEFAULT_RATE];
    return [...new Set(rates.filter((rate) => rate))];
  }

  /** @throws EspAtError `PORT_FAILED`, `PORT_CLOSED` */
  async set(rate: number | undefined): Promise<void> {
    if (rate === undefined || rate === this.#current) return;
    await this.#port.setRate?.(rate);
    this.#current = rate;
    this.#client.assume({ rateLostOnRestart: this.#isNegotiated });
  }

  /**
   * Sets a rate that the adapter may not support. False when it does not.
   * @throws EspAtError `PORT_CLOSED`
   */
  async trySet(rate: number | undefined): Promise<boolean> {
    try {
      await this.set(rate);
      return true;
    } catch (error) {
      if (error instanceof EspAtError && error.code === 'PORT_CLOSED') throw error;
      return false;
    }
  }

  /** Goes back from the negotiated rate to the one that the device has after a restart. False when it cannot. */
  async fallBack(): Promise<boolean> {
    return this.#isNegotiated && (await this.trySet(this.#options.port.rate));
  }

  /** Resets the device by RTS, and listens at the rate that it starts with. @throws EspAtError `PORT_*` */
  async reset(): Promise<void> {
    await this.set(this.#options.port.rate);
    await this.#port.reset?.();
  }

  /**
   * Agrees with the device on the negotiated rate and on flow control, which both start as its flash says. Returns
   * to the old rate when the port, the cable or the device fails at the new one.
   * @param warn told of `RATE_NOT_RAISED`
   * @throws EspAtError `DEVICE_SILENT` when nothing passes any more
   */
  async negotiate(access: SequenceAccess, warn: (error: EspAtError) => void): Promise<void> {
    const { run } = access;
    const before = this.#current;
    if (!this.isAdjustable || before === undefined) return;
    const flowControl = this.#options.flowControl === true;
    const wanted = this.#negotiatedRateWorks ? this.#options.raiseTo : undefined;
    const rate = wanted === undefined || wanted === 0 ? before : wanted;
    if (rate === before) {
      if (flowControl && !parseUart(await run(uartQuery())).flowControl)
        await run(uartCur(before, true));
      return;
    }
    // Tried before the device is told, which would be lost otherwise.
    const isSupported = await this.trySet(rate);
    await this.set(before);
    if (isSupported) {
      await run(uartCur(rate, flowControl));
      // The device answers at the old rate, then switches.
      await this.set(rate);
      if (await answers(access, 'never')) return;
      // The device may hear although it cannot be heard.
      this.#port.write(Buffer.from(`${uartCur(before, flowControl).line}\r\n`));
      await answers(access, 'never');
    }
    // No second try after a restart: a device at a rate that does not work has to be switched off by hand.
    this.#negotiatedRateWorks = false;
    warn(new EspAtError('RATE_NOT_RAISED', { rate, before }));
    await this.set(before);
    if (await answers(access, 'never')) return;
    throw new EspAtError('DEVICE_SILENT', { port: this.#options.port.address });
  }

  /** Whether the device forgets the rate when it restarts. */
  get #isNegotiated(): boolean {
    const { port, raiseTo } = this.#options;
    return this.#current !== undefined && this.#current === raiseTo && this.#current !== port.rate;
  }
}

/** Whether the device answers. @param pad whether to pad a data prompt first, which may be pending */
export async function answers(access: SequenceAccess, pad: 'never' | 'first'): Promise<boolean> {
  const attempts = pad === 'first' ? 3 : 1;
  const options = { attempts, mayRestart: false, pad, negotiatedRate: false };
  return (await access.resync(options)).kind !== 'noAnswer';
}
