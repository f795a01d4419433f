import { EventEmitter } from 'node:events';
import { delay, systemClock } from '../clock';
import { shown } from '../values/text';
import { rawCommand } from '../commands/raw';
import type { WifiNetwork } from '../commands/wifi';
import { asEspAtError, EspAtError } from '../errors';
import { Backoff } from '../link/backoff';
import { HighWaterMark } from '../link/high-water-mark';
import { Link } from '../link/link';
import type { LinkHost } from '../link/link-host';
import { LinkPool } from '../web-socket/link-pool';
import type { WebSocketClassOptions } from '../web-socket/options';
import { webSocketClass, type WebSocketConstructor } from '../web-socket/web-socket';
import type { Port, PortHandlers } from '../port/port';
import { scanNetworks } from '../provisioning/wifi';
import { createRecorder, type DeviceRecorder } from '../recorder/device-recorder';
import type { SnapshotLine } from '../recorder/lines';
import { recordEvents } from '../recorder/record-events';
import { waitFor, type Wait } from '../wait';
import { RateLimit } from './baud-rate/rate-limit';
import { checkOptions } from './check-options';
import { DeviceSession } from './device-session';
import { SharedWork } from './shared-work';
import { EventLimit } from './event-limit';
import type { DeviceEvents } from './events';
import type {
  Capabilities,
  CompleteOptions,
  DeviceOptions,
  DeviceState,
  LinkStatus,
  SendQueueLevel,
} from './options';
import type { SessionEvent, SessionMemory } from './session-state';

const DEFAULT_QUEUE = { messages: 1000, bytes: 4 * 1024 * 1024 };
/** Milliseconds: the first and the longest delay before a failed port opens again. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 1000;

type DeviceRun =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'running'; readonly stop: AbortController; readonly ended: Promise<void> }
  | { readonly kind: 'stopping'; readonly stopped: Promise<void>; readonly startAgain: boolean };

/**
 * An ESP32 with ESP-AT on a port, and its three links. Once started, it recovers from restarts, unplugged cables and
 * lost bytes.
 */
export class Device extends EventEmitter<DeviceEvents> implements AsyncDisposable {
  /** The links 0, 1 and 2. */
  readonly links: readonly [Link, Link, Link];
  readonly #options: CompleteOptions;
  readonly #recorder: DeviceRecorder | undefined;
  readonly #highWaterMark: HighWaterMark;
  readonly #limited: EventLimit;
  readonly #backoff: Backoff;
  readonly #scan = new SharedWork((signal) => this.#scanNetworks(signal));
  readonly #webSocketLinks: LinkPool;
  #run: DeviceRun = { kind: 'stopped' };
  #state: DeviceState = { name: 'stopped' };
  #session: DeviceSession | undefined;
  #memory: SessionMemory = { negotiatedRateWorks: true, slowness: 1, pendingPrompt: false };
  readonly #rateLimit = new RateLimit();
  #capabilities: Capabilities | undefined;

  /** @throws EspAtError `INVALID_SETTING`, `CERTIFICATE_INVALID`, `COMMAND_TOO_LONG` */
  constructor(options: DeviceOptions) {
    super();
    checkOptions(options);
    // Every node on a canvas listens: their number indicates no leak.
    this.setMaxListeners(0);
    const { clock = systemClock, memory = {} } = options;
    const recorder = createRecorder(options);
    const { random } = recorder ?? { random: options.random ?? Math.random };
    const { port } = recorder ?? options;
    this.#recorder = recorder;
    this.#options = { ...options, port, clock, random, memory };
    this.#highWaterMark = new HighWaterMark(options.sendLimit ?? DEFAULT_QUEUE, (level) =>
      this.emit('sendqueue', level),
    );
    this.#backoff = new Backoff(FIRST_PAUSE_MS, LONGEST_PAUSE_MS, random);
    this.#limited = new EventLimit(clock, this);
    const host: LinkHost = {
      ...{ clock, random, recorder, highWaterMark: this.#highWaterMark },
      ask: () => this.#session?.checks?.request(),
    };
    this.links = [new Link(0, host), new Link(1, host), new Link(2, host)];
    if (recorder) recordEvents(this, recorder);
    this.#webSocketLinks = new LinkPool(this.links);
    for (const link of this.links)
      link.on('statechange', ({ error }) => {
        if (error?.code === 'OPEN_FAILED') this.#session?.suspectNetwork();
      });
  }

  /** State of the device, and why it is not ready. */
  get state(): DeviceState {
    return this.#state;
  }

  /** Capabilities of the firmware; undefined until the device is identified. */
  get capabilities(): Capabilities | undefined {
    return this.#capabilities;
  }

  /** Fill level of the send queues. */
  get sendQueue(): SendQueueLevel {
    return this.#highWaterMark;
  }

  /**
   * Returns a link by its ID.
   * @throws EspAtError `INVALID_LINK` unless it is 0, 1 or 2, as number or as text
   */
  link(id: unknown): Link {
    for (const link of this.links) if (id === link.id || id === String(link.id)) return link;
    throw new EspAtError('INVALID_LINK', { link: shown(id) });
  }

  /**
   * Makes a class with the interface of WHATWG's WebSocket, for clients written for browsers or for the package ws. Its
   * connections use the links that are closed; without one a connection fails with `NO_FREE_LINK`.
   */
  webSocketClass(options: WebSocketClassOptions = {}): WebSocketConstructor {
    return webSocketClass(this.#webSocketLinks, options);
  }

  /** Opens the port and initializes the device, and retries both. During a stop it starts after the stop. */
  start(): void {
    this.#recorder?.called('start');
    if (this.#run.kind === 'stopping') this.#run = { ...this.#run, startAgain: true };
    if (this.#run.kind !== 'stopped') return;
    const stop = new AbortController();
    const ended = Promise.resolve().then(() => this.#runSessions(stop.signal));
    this.#run = { kind: 'running', stop, ended };
    // Last: a listener may stop it at once.
    this.#become({ ...this.#state, name: 'absent' });
  }

  /** Stops the device. Pending operations reject with `DEVICE_STOPPED`. Settles when the port is free. */
  stop(): Promise<void> {
    this.#recorder?.called('stop');
    switch (this.#run.kind) {
      case 'stopped':
        return Promise.resolve();
      case 'stopping':
        this.#run = { ...this.#run, startAgain: false };
        return this.#run.stopped;
      case 'running': {
        const { stop, ended } = this.#run;
        const stopped = ended.then(() => this.#stopped());
        this.#run = { kind: 'stopping', stopped, startAgain: false };
        stop.abort(new EspAtError('DEVICE_STOPPED'));
        return stopped;
      }
    }
  }

  /** As {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Waits until the device is ready. Returns its capabilities.
   * @throws EspAtError why it will not be ready: `DEVICE_NOT_READY` while it is stopped, `NO_WEBSOCKET` …
   */
  async ready(wait: Wait = {}): Promise<Capabilities> {
    for (;;) {
      wait.signal?.throwIfAborted();
      const { name } = this.#state;
      if (name === 'ready' && this.#capabilities) return this.#capabilities;
      if (name === 'stopped' || name === 'unusable') throw this.#unavailable();
      await this.#stateChange(wait);
    }
  }

  /**
   * Asks the device for the states of its links (`AT+WSOPEN?`).
   * @throws EspAtError `DEVICE_*`, `PORT_*`, `OUT_OF_SYNC`
   */
  async checkLinks(wait: Wait = {}): Promise<LinkStatus[]> {
    wait.signal?.throwIfAborted();
    this.#recorder?.called('checkLinks');
    const checks = this.#session?.checks;
    if (!checks) throw this.#unavailable();
    return waitFor(checks.check(), wait);
  }

  /**
   * Queues any other command, and returns its information responses. Refuses commands that break the driver's
   * assumptions. An abort takes the command out of the queue; the driver drops the response to a command that runs.
   * @throws EspAtError `INVALID_COMMAND`, `COMMAND_FAILED`, `DEVICE_*`, `PORT_*`
   */
  async command(text: string, wait: Wait = {}): Promise<string[]> {
    const command = rawCommand(text);
    wait.signal?.throwIfAborted();
    this.#recorder?.called('command', text);
    if (!this.#session?.checks) throw this.#unavailable();
    return [...(await waitFor(this.#session.run(command, wait), wait))];
  }

  /**
   * Scans for Wi-Fi networks (`AT+CWLAP`) and returns them, the strongest first. Takes a few seconds, during which the
   * device sends no messages. Works also while the device cannot join its network. Concurrent calls share one scan.
   * @throws EspAtError `DEVICE_*`, `PORT_*`, `COMMAND_FAILED`
   */
  scanNetworks(wait: Wait = {}): Promise<WifiNetwork[]> {
    this.#recorder?.called('scanNetworks');
    return this.#scan.join(wait);
  }

  async #scanNetworks(signal: AbortSignal): Promise<WifiNetwork[]> {
    const session = this.#session;
    if (!session?.isFound) throw this.#unavailable();
    const scan = scanNetworks((command) => session.run(command, { signal }));
    session.initializeAfter(scan);
    return scan;
  }

  /**
   * What passed the port lately and what the driver was asked and decided, as JSON Lines that `esp-at-replay` reads.
   * Holds payloads, but no password, key, authorization or header value. Empty where the options say so.
   * @param title for its first line
   */
  recording(title = ''): string {
    return this.#recorder?.text(title, this.#capabilities) ?? '';
  }

  /** @internal */
  get recorder(): DeviceRecorder | undefined {
    return this.#recorder;
  }

  /** @internal Continues where a snapshot was taken. */
  restore(snapshot: SnapshotLine): void {
    this.#session?.restore(snapshot);
  }

  // --- sessions ------------------------------------------------------------------------------------

  async #runSessions(signal: AbortSignal): Promise<void> {
    let { error } = this.#state;
    try {
      for (;;) {
        signal.throwIfAborted();
        error = await this.#runSession(signal, error);
        signal.throwIfAborted();
        this.#become({ name: 'absent', error });
        await delay(this.#options.clock, this.#backoff.next(), { signal });
      }
    } catch (failure) {
      if (!signal.aborted) throw failure;
    }
  }

  /** Opens the port, and runs a session until its end; returns the reason for the end. */
  async #runSession(signal: AbortSignal, before?: EspAtError): Promise<EspAtError> {
    const { port: opener, flowControl = false } = this.#options;
    const current: { session?: DeviceSession; lost?: EspAtError } = {};
    const handlers: PortHandlers = {
      data: (chunk) => {
        current.session?.receive(chunk);
        this.#recorder?.quiet(() => current.session?.snapshot());
      },
      lost: (error) => {
        current.lost = error;
        current.session?.end(error);
      },
    };
    const opening = opener.open(handlers, { flowControl });
    let port: Port;
    try {
      port = await waitFor(opening, { signal });
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted) opening.then((late) => late.close()).catch(() => undefined);
      return asEspAtError(error, opener.address);
    }
    if (current.lost) {
      await port.close();
      return current.lost;
    }
    const context = {
      ...{ options: this.#options, links: this.links, memory: this.#memory },
      rateLimit: this.#rateLimit,
      // The open of a port proves nothing about a device that was unresponsive on it.
      error: before?.code === 'DEVICE_UNRESPONSIVE' ? before : undefined,
      emitter: this.#limited,
    };
    const session = new DeviceSession(port, context, (event) => this.#sessionEvent(event));
    current.session = this.#session = session;
    const stop = () => session.stop(asEspAtError(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
    session.begin();
    const { error, memory } = await session.ended;
    signal.removeEventListener('abort', stop);
    this.#session = undefined;
    this.#memory = memory;
    await port.close();
    return error;
  }

  #sessionEvent(event: SessionEvent): void {
    switch (event.kind) {
      case 'state':
        return this.#become(event.state);
      case 'found':
        this.#capabilities = event.capabilities;
        this.#backoff.reset();
    }
  }

  async #stopped(): Promise<void> {
    for (const link of this.links) await link.close({ graceful: false });
    this.#become({ name: 'stopped' });
    // A listener may have called start() or stop().
    const startAgain = this.#run.kind === 'stopping' && this.#run.startAgain;
    this.#run = { kind: 'stopped' };
    if (startAgain) this.start();
  }

  // --- state ---------------------------------------------------------------------------------------

  #become(state: DeviceState): void {
    const { name, error } = state;
    const before = this.#state;
    if (before.name === name && before.error?.code === error?.code) return;
    this.#state = state;
    this.emit('statechange', { from: before.name, to: name, ...(error && { error }) });
    this.#tellLinks();
  }

  /** While the device is ready, the session informs the links. */
  #tellLinks(): void {
    const { name } = this.#state;
    if (name === 'ready' || name === 'resyncing') return;
    const isFinal = name === 'stopped' || name === 'unusable';
    const error = this.#unavailable();
    for (const link of this.links) link.deviceChanged({ kind: 'notReady', error, isFinal });
  }

  async #stateChange(wait: Wait): Promise<void> {
    let changed: () => void = () => undefined;
    const change = new Promise<void>((resolve) => (changed = resolve));
    this.once('statechange', changed);
    try {
      await waitFor(change, wait);
    } finally {
      this.off('statechange', changed);
    }
  }

  #unavailable(): EspAtError {
    const { name, error } = this.#state;
    return error ?? new EspAtError('DEVICE_NOT_READY', { state: name });
  }
}
