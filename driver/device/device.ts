import { EventEmitter } from 'node:events';
import { Backoff } from '../link/backoff';
import { HighWaterMark } from '../link/high-water-mark';
import { systemClock, type Cancel, type Clock } from '../clock';
import { checkOptions } from './check-options';
import { shown } from '../commands/check';
import { rawCommand } from '../commands/raw';
import type { WifiNetwork } from '../commands/wifi';
import type {
  Capabilities,
  DeviceEvent,
  DeviceOptions,
  DeviceState,
  DeviceStatus,
} from './options';
import { DeviceSession, type DeviceSessionHost } from './device-session';
import { asEspAtError, EspAtError } from '../errors';
import type { PortMemory } from './baud-rate';
import { Link } from '../link/link';
import type { LinkHost } from '../link/link-host';
import type { LinkEvent, Message } from '../link/options';
import type { Port } from '../port/port';

const QUEUE = { messages: 1000, bytes: 4 * 1024 * 1024 };
/** Milliseconds: the first and the longest pause before a port that failed is opened again. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 1000;

/** Events of a {@link Device} with their arguments. */
export interface DeviceEvents {
  status: [DeviceStatus];
  event: [DeviceEvent];
  link: [LinkEvent];
  message: [Message];
  /** Fill level of the send queue, 0 to 1, when it reaches a quarter, and when it has clearly left it. */
  queue: [number];
}

/**
 * An ESP32 with ESP-AT on a port: kept up through restarts, unplugged cables and lost bytes for as long
 * as it is started, with its three links.
 */
export class Device extends EventEmitter<DeviceEvents> {
  readonly links: readonly [Link, Link, Link];
  readonly #options: DeviceOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #budget: HighWaterMark;
  readonly #backoff: Backoff;
  readonly #line: PortMemory = { bearsRaisedRate: true, prompted: false };
  #status: DeviceStatus = { state: 'stopped' };
  #capabilities: Capabilities | undefined;
  #epoch: DeviceSession | undefined;
  /** Whether it is to run: the last of {@link start} and {@link stop} counts. */
  #wanted = false;
  /** From a start until its stop is complete. */
  #life: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** Ends what {@link #life} waits for. */
  #wake: () => void = () => undefined;

  /** @throws EspAtError `INVALID_SETTING`, `CERTIFICATE_INVALID`: no device could be set up so */
  constructor(options: DeviceOptions) {
    super();
    checkOptions(options);
    // Every node on a canvas listens; their number says nothing about leaks.
    this.setMaxListeners(0);
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#budget = new HighWaterMark(options.queue ?? QUEUE, (level) => this.emit('queue', level));
    this.#backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, this.#random);
    const host: LinkHost = {
      clock: this.#clock,
      random: this.#random,
      budget: this.#budget,
      ask: () => this.#epoch?.ask(),
      event: (event) => this.emit('link', event),
      message: (message) => this.emit('message', message),
      warn: (error) => this.emit('event', { event: 'warning', error }),
    };
    this.links = [new Link(0, host), new Link(1, host), new Link(2, host)];
  }

  get status(): DeviceStatus {
    return this.#status;
  }

  /** What the firmware can do; undefined until it was found out. */
  get capabilities(): Capabilities | undefined {
    return this.#capabilities;
  }

  /** What waits to be sent. */
  get queue(): Pick<HighWaterMark, 'messages' | 'bytes' | 'limit'> {
    return this.#budget;
  }

  /**
   * A link by its ID.
   * @throws EspAtError `INVALID_LINK` for anything but 0, 1, 2, as numbers or as text
   */
  link(id: unknown): Link {
    for (const link of this.links) if (id === link.id || id === String(link.id)) return link;
    throw new EspAtError('INVALID_LINK', { link: shown(id) });
  }

  /** Opens the port and brings the device up; keeps trying, for ever. While it stops: once it has stopped. */
  start(): void {
    this.#wanted = true;
    if (this.#life) return;
    this.#life = Promise.resolve().then(() => this.#live());
    // Last, because whoever is told of it may stop it at once.
    this.#become('absent', this.#status.error);
  }

  /** Ends everything; what is under way rejects with `DEVICE_STOPPED`. Settles when the port is free. */
  stop(): Promise<void> {
    this.#wanted = false;
    if (!this.#life) return Promise.resolve();
    this.#stopping ??= this.#end(this.#life);
    this.#wake();
    this.#epoch?.end(new EspAtError('DEVICE_STOPPED'));
    return this.#stopping;
  }

  /**
   * Asks the device for the states of its links (`AT+WSOPEN?`).
   * @throws EspAtError `DEVICE_*`, `PORT_*`
   */
  async query(): Promise<LinkEvent[]> {
    const answer = await this.#usable().query();
    for (const event of answer) this.emit('link', event);
    return answer;
  }

  /**
   * Any other command, in its turn; brings its answer lines. Commands that would upset what the driver
   * relies on are refused.
   * @throws EspAtError `INVALID_COMMAND`, `COMMAND_FAILED`, `DEVICE_*`, `PORT_*`
   */
  async command(text: string): Promise<string[]> {
    const command = rawCommand(text);
    return [...(await this.#usable().run(command))];
  }

  /**
   * Looks for Wi-Fi networks (`AT+CWLAP`), strongest first; takes a few seconds, in which nothing is sent.
   * For a device that was found, also while it cannot join the network of its settings.
   * @throws EspAtError `DEVICE_*`, `PORT_*`, `COMMAND_FAILED`
   */
  scan(): Promise<WifiNetwork[]> {
    const epoch = this.#epoch;
    if (!epoch?.found) return Promise.reject(this.#unavailable());
    return epoch.scan();
  }

  async #live(): Promise<void> {
    for (let error = this.#status.error; !this.#isStopping();) {
      error = await this.#connect(error);
      if (this.#isStopping()) return;
      this.#become('absent', error);
      await this.#pause(this.#backoff.next());
    }
  }

  async #end(life: Promise<void>): Promise<void> {
    await life;
    for (const link of this.links) await link.close({ graceful: false });
    this.#life = this.#stopping = undefined;
    this.#become('stopped');
    if (this.#wanted) this.start();
  }

  #isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  /**
   * Settles with the work, or with nothing when the device is stopped before. Only the latest callback is kept:
   * racing against a promise that lives until the stop would leave a reaction on it for each port that was tried.
   */
  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => resolve(undefined);
      if (this.#isStopping()) this.#wake();
      work.then(resolve, reject);
    });
  }

  /** One port, from its opening to its loss; brings the reason for the loss. */
  async #connect(before?: EspAtError): Promise<EspAtError> {
    const current: { epoch?: DeviceSession; lost?: EspAtError } = {};
    const opening = this.#options.port.open({
      data: (chunk) => current.epoch?.receive(chunk),
      lost: (error) => {
        current.lost = error;
        current.epoch?.end(error);
      },
    });
    let port: Port | undefined;
    try {
      port = await this.#unlessStopped(opening);
    } catch (error) {
      return asEspAtError(error, this.#options.port.address);
    }
    if (!port || this.#isStopping()) {
      // Nobody waits for the port any more: it is closed as soon as it is open.
      opening.then((late) => late.close()).catch(() => undefined);
      return new EspAtError('DEVICE_STOPPED');
    }
    if (current.lost) {
      await port.close();
      return current.lost;
    }
    // A port that opens again says nothing about a device that was silent on it.
    const trouble = before?.code === 'DEVICE_SILENT' ? before : undefined;
    const epoch = new DeviceSession(port, this.#epochHost(), trouble);
    current.epoch = this.#epoch = epoch;
    epoch.begin();
    const error = await epoch.over;
    this.#epoch = undefined;
    await port.close();
    return error;
  }

  #epochHost(): DeviceSessionHost {
    return {
      options: this.#options,
      clock: this.#clock,
      random: this.#random,
      links: this.links,
      line: this.#line,
      found: (capabilities) => {
        this.#capabilities = capabilities;
        this.#backoff.reset();
      },
      become: (state, error) => this.#become(state, error),
      event: (event: DeviceEvent) => this.emit('event', event),
    };
  }

  #usable(): DeviceSession {
    const { state } = this.#status;
    if (this.#epoch && (state === 'ready' || state === 'recovering')) return this.#epoch;
    throw this.#unavailable();
  }

  #unavailable(): EspAtError {
    const { state, error } = this.#status;
    return error ?? new EspAtError('DEVICE_NOT_READY', { state });
  }

  #become(state: DeviceState, error?: EspAtError): void {
    const before = this.#status;
    if (before.state === state && before.error?.code === error?.code) return;
    this.#status = error ? { state, error } : { state };
    this.emit('status', this.#status);
    this.#tellLinks();
  }

  /** While it is ready the session tells the links. */
  #tellLinks(): void {
    const { state } = this.#status;
    if (state === 'ready' || state === 'recovering') return;
    const isFinal = state === 'stopped' || state === 'unusable';
    const error = this.#unavailable();
    for (const link of this.links) link.deviceChanged({ kind: 'notReady', error, isFinal });
  }

  async #pause(milliseconds: number): Promise<void> {
    let cancel: Cancel = () => undefined;
    const passed = new Promise<void>(
      (resolve) => (cancel = this.#clock.after(milliseconds, resolve)),
    );
    await this.#unlessStopped(passed);
    cancel();
  }
}
