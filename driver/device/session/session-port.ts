import type { PortWriter, RateOrigin } from '../../at/types';
import { asEspAtError, EspAtError } from '../../errors';
import type { Port } from '../../port/port';
import type { PortSnapshot } from '../../recorder/lines';
import { abilitiesOf } from '../../recorder/recorded-port';
import type { DeviceCounters } from '../../statistics/device-counters';
import type { CompleteOptions, PortMemory } from '../options';
import type { DeviceEmitter } from '../events';
import type { PortKnowledge } from './port-knowledge';
import type { SessionContext } from './session-state';

/** The open port of a device session, with its baud rate in bits a second. */
export class SessionPort implements PortWriter {
  readonly knowledge: PortKnowledge;
  /** For the next session on the port. */
  readonly memory: PortMemory;
  /** The address as the user wrote it, for errors. */
  readonly address: string;
  /** The baud rate of the device after a restart; undefined where the port has none. */
  readonly startRate: number | undefined;
  readonly canSetRate: boolean;
  /** Whether the driver climbs to the best rate. */
  readonly isAutomatic: boolean;
  readonly #port: Port;
  readonly #options: CompleteOptions;
  readonly #counters: DeviceCounters;
  #baudRate: number | undefined;
  #flowControl: boolean;

  constructor(
    port: Port,
    { options, counters, knowledge }: Pick<SessionContext, 'options' | 'counters' | 'knowledge'>,
  ) {
    const { address, rate } = options.port;
    this.knowledge = knowledge;
    this.memory = options.memory;
    this.address = address;
    this.startRate = this.#baudRate = rate;
    this.canSetRate = port.setRate !== undefined && rate !== undefined;
    this.isAutomatic = options.negotiatedRate === 'automatic';
    this.#port = port;
    this.#options = options;
    this.#counters = counters;
    this.#flowControl = options.flowControl === true;
  }

  write(bytes: Uint8Array): void {
    this.#port.write(bytes);
    this.#counters.port.sent += bytes.length;
  }

  get slowness(): number {
    return this.knowledge.slowness;
  }

  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  /** For timing: {@link baudRate}, or the configured rate behind a bridge; undefined where unknown. */
  get rate(): number | undefined {
    return this.#baudRate ?? this.#options.port.bridgedRate;
  }

  /** Baud rate of port and device; undefined where the port has none. */
  get baudRate(): number | undefined {
    return this.#baudRate;
  }

  /** The rate of the options; undefined where there is none, or where it has failed. */
  get negotiatedRate(): number | undefined {
    const { negotiatedRate: rate } = this.#options;
    return this.knowledge.negotiatedRateWorks && typeof rate === 'number' && rate !== 0
      ? rate
      : undefined;
  }

  /** @throws EspAtError `PORT_FAILED`, `PORT_CLOSED` */
  async setRate(rate: number | undefined): Promise<void> {
    if (rate === undefined || rate === this.#baudRate) return;
    await this.#port.setRate?.(rate);
    this.#baudRate = rate;
  }

  /** Without modem lines (a pty, some remote ports) the port takes any rate, but the device behind it keeps its own. */
  async hasModemLines(): Promise<boolean> {
    return (await this.#port.readCts?.().catch(() => undefined)) !== undefined;
  }

  get usesFlowControl(): boolean {
    return this.#flowControl;
  }

  /** The port for the start of a recording. */
  snapshot(): PortSnapshot {
    const { baudRate, usesFlowControl: flowControl } = this;
    return { ...abilitiesOf(this.#port), baudRate, flowControl };
  }

  /** Whether the device holds CTS active; undefined where the port cannot read CTS or switch flow control. */
  async readCts(): Promise<boolean | undefined> {
    if (!this.#port.setFlowControl) return undefined;
    return this.#port.readCts?.().catch(() => undefined);
  }

  /** @throws EspAtError `PORT_*` */
  async setFlowControl(on: boolean): Promise<void> {
    if (on === this.#flowControl) return;
    await this.#port.setFlowControl?.(on);
    this.#flowControl = on;
  }

  /** Sets a rate; returns false where the adapter does not support it. @throws EspAtError `PORT_CLOSED` */
  async trySetRate(rate: number | undefined): Promise<boolean> {
    try {
      await this.setRate(rate);
      return true;
    } catch (error) {
      if (error instanceof EspAtError && error.code === 'PORT_CLOSED') throw error;
      return false;
    }
  }

  /** Resets the device by RTS, the last resort. Returns false where options or port do not allow that, or it fails. */
  async reset(emitter: DeviceEmitter): Promise<boolean> {
    if (this.#options.rtsReset !== true || !this.#port.reset || this.#flowControl) return false;
    emitter.emit('resyncstep', 'rtsReset');
    try {
      await this.setRate(this.startRate);
      await this.#port.reset();
      return true;
    } catch (error) {
      // Bridges and ptys have no RTS.
      emitter.emit('warning', asEspAtError(error, this.address));
      return false;
    }
  }

  /** Whether the driver has changed a setting of the device's UART. */
  get isUartChanged(): boolean {
    const { flowControlSet } = this.knowledge;
    return this.isNegotiated || flowControlSet || (this.isAutomatic && this.#flowControl);
  }

  /** Whether the rate is not the start rate: a restart of the device then resets it. */
  get isNegotiated(): boolean {
    return this.#baudRate !== undefined && this.#baudRate !== this.startRate;
  }

  get rateOrigin(): RateOrigin {
    return this.isNegotiated ? 'negotiated' : 'start';
  }
}
