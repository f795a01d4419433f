import { EventEmitter } from 'node:events';
import { callUser } from '../call-user';
import { systemClock } from '../clock';
import { shown } from '../values/text';
import { rawCommand } from '../commands/raw';
import type { WifiNetwork } from '../commands/wifi';
import { EspAtError } from '../errors';
import { QueueLimit } from '../link/send/queue-limit';
import { Link } from '../link/link';
import type { LinkHost } from '../link/link-host';
import { LinkPool } from '../web-socket/link-pool';
import type { WebSocketClassOptions } from '../web-socket/options';
import { webSocketClass, type WebSocketConstructor } from '../web-socket/web-socket-class';
import type { PortOpener } from '../port/port';
import { scanNetworks } from '../provisioning/wifi';
import { createRecorder, type DeviceRecorder } from '../recorder/device-recorder';
import type { SnapshotLine } from '../recorder/lines';
import { recordEvents } from '../recorder/record-events';
import { DeviceCounters } from '../statistics/device-counters';
import type { DeviceStatistics } from '../statistics/statistics';
import { waitFor, type WaitOptions } from '../wait';
import { checkOptions } from './check-options';
import { DeviceStatus } from './device-status';
import { limitEvents } from './event-limit';
import type { DeviceEvents } from './events';
import type { DeviceOptions, DeviceState, LinkStatus, PortMemory, SendQueueLevel } from './options';
import { SessionLoop } from './session/session-loop';
import type { SessionContext } from './session/session-state';
import type { Capabilities } from '../commands/capabilities';
import { PortKnowledge } from './session/port-knowledge';

/** Most pending commands of {@link Device.command}. */
const MAX_COMMANDS = 100;
const DEFAULT_QUEUE = { messages: 1000, bytes: 4 * 1024 * 1024 };

/**
 * An ESP32 with ESP-AT on a port, and its three links. Once started, it recovers from restarts, unplugged cables and
 * lost bytes.
 */
export class Device extends EventEmitter<DeviceEvents> implements AsyncDisposable {
  /** The links 0, 1 and 2. */
  readonly links: readonly [Link, Link, Link];
  readonly #recorder: DeviceRecorder | undefined;
  readonly #queueLimit: QueueLimit;
  /** Pending commands of {@link command}. */
  #commands = 0;
  readonly #counters: DeviceCounters;
  readonly #status: DeviceStatus;
  readonly #loop: SessionLoop;
  /** The scan under way, which concurrent callers share. */
  #scan: Promise<WifiNetwork[]> | undefined;
  readonly #webSocketLinks: LinkPool;

  /** @throws EspAtError `INVALID_SETTING`, `CERTIFICATE_INVALID` */
  constructor(options: DeviceOptions) {
    super();
    checkOptions(options);
    // Every node on a canvas listens: many listeners are no leak.
    this.setMaxListeners(0);
    const { memory = {} } = options;
    const flowControl = options.flowControl === true && options.negotiatedRate !== 'automatic';
    const recorder = createRecorder(options);
    const { clock = systemClock, random = Math.random, port } = recorder ?? options;
    this.#recorder = recorder;
    this.#queueLimit = new QueueLimit(options.sendLimit ?? DEFAULT_QUEUE, (level) =>
      callUser(() => this.emit('sendqueue', level)),
    );
    const host: LinkHost = {
      clock,
      random,
      recorder,
      queueLimit: this.#queueLimit,
      checkLinks: () => this.#loop.session?.checks?.request(),
    };
    this.links = [new Link(0, host), new Link(1, host), new Link(2, host)];
    this.#counters = new DeviceCounters(clock);
    this.#status = new DeviceStatus(this, this.links, this.#counters, clock);
    const context: SessionContext = {
      options: { ...options, flowControl, port, clock, random, memory },
      links: this.links,
      knowledge: new PortKnowledge(),
      status: this.#status,
      emitter: limitEvents(clock, this),
      counters: this.#counters,
    };
    this.#loop = new SessionLoop(context, recorder);
    if (recorder) recordEvents(this, this.links, recorder);
    this.#webSocketLinks = new LinkPool(this.links, this.#queueLimit);
    for (const link of this.links)
      link.on('statechange', ({ error }) => {
        if (error?.code === 'OPEN_FAILED') this.#loop.session?.suspectNetwork();
      });
  }

  /** State of the device, with its error. */
  get state(): DeviceState {
    return this.#status.state;
  }

  /** Capabilities of the firmware that the driver identified last; undefined until then. */
  get capabilities(): Capabilities | undefined {
    return this.#status.capabilities;
  }

  /** Messages and bytes in the send queues, and their limit. */
  get sendQueue(): SendQueueLevel {
    return this.#queueLimit;
  }

  /** Returns counts since the device was created: messages, bytes, resyncs, time in each state … */
  statistics(): DeviceStatistics {
    const { port, ...counts } = this.#counters.statistics;
    const { messages, bytes, limit } = this.#queueLimit;
    const closed = { baudRate: undefined, flowControl: false };
    return {
      ...counts,
      port: { ...port, ...(this.#loop.session?.portSettings ?? closed) },
      sendQueue: { messages, bytes, limit },
      links: this.links.map((link) => link.statistics()),
    };
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
   * Returns a class with the interface of WHATWG's WebSocket, for code written for browsers or for the package ws. Each
   * connection uses a closed link; where all are in use, it fails with `NO_FREE_LINK`.
   */
  webSocketClass(options: WebSocketClassOptions = {}): WebSocketConstructor {
    return webSocketClass(this.#webSocketLinks, options);
  }

  /** Opens the port and initializes the device; retries both. During a stop: starts after the stop. */
  start(): void {
    this.#recorder?.called('start');
    this.#loop.start();
  }

  /**
   * Stops the device. Pending operations reject with `DEVICE_STOPPED`. Resolves when the port is free, or 1 s after it began
   * to close: the next device on it waits for the rest. While the port is still opening, resolves at once, and closes it as
   * soon as it is open.
   */
  stop(): Promise<void> {
    this.#recorder?.called('stop');
    return this.#loop.end('stopped');
  }

  /**
   * Closes the port, so that another program can use it, until {@link start}. Meanwhile calls reject with
   * `DEVICE_DISCONNECTED`. Links with `keepOpen` open again after the start. Resolves as {@link stop}.
   */
  disconnect(): Promise<void> {
    this.#recorder?.called('disconnect');
    return this.#loop.end('disconnected');
  }

  /**
   * Restarts the device (`AT+RST`, or by RTS before it is identified, where {@link DeviceOptions.rtsReset} allows
   * that). Resolves when the restart begins.
   * @throws EspAtError `DEVICE_*`, `PORT_*`, `OUT_OF_SYNC`, `COMMAND_FAILED`
   */
  async restart(wait: WaitOptions = {}): Promise<void> {
    wait.signal?.throwIfAborted();
    this.#recorder?.called('restart');
    const restarted = this.#loop.session?.restart(wait);
    if (!restarted || !(await waitFor(restarted, wait))) throw this.#loop.unavailableError;
  }

  /**
   * Uses another port the next time it opens one: after {@link disconnect}, for example.
   * @param memory of an earlier {@link Device} on that port
   */
  usePort(port: PortOpener, memory: PortMemory = {}): void {
    this.#loop.usePort(this.#recorder?.usePort(port, memory) ?? port, memory);
  }

  /** As {@link stop}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * Waits until the device is ready. Returns its capabilities.
   * @throws EspAtError why it does not become ready: `DEVICE_NOT_READY` while it is stopped, `NO_WEBSOCKET` …
   */
  async ready(wait: WaitOptions = {}): Promise<Capabilities> {
    const { stopped } = this.#loop;
    if (stopped) await waitFor(stopped, wait);
    return this.#status.ready(wait);
  }

  /**
   * Asks the device for the states of its links (`AT+WSOPEN?`).
   * @throws EspAtError `DEVICE_*`, `PORT_*`, `OUT_OF_SYNC`, `COMMAND_FAILED`, `FIRMWARE_UNKNOWN`
   */
  async checkLinks(wait: WaitOptions = {}): Promise<LinkStatus[]> {
    wait.signal?.throwIfAborted();
    this.#recorder?.called('checkLinks');
    const checks = this.#loop.session?.checks;
    if (!checks) throw this.#loop.unavailableError;
    return waitFor(checks.check(), wait);
  }

  /**
   * Queues an AT command that this package does not cover, and returns its information responses. Refuses commands that
   * break the driver's assumptions. An abort takes the command out of the queue; the driver drops the response to a running
   * one. A {@link recording} has placeholders for its quoted parameters, but shows its numbers and its response: a query may
   * disclose a password that the device has stored.
   * @throws EspAtError `INVALID_COMMAND`, `COMMAND_TOO_LONG`, `COMMAND_FAILED`, `DEVICE_*`, `PORT_*`; `OUT_OF_SYNC` where
   * its response was lost; `COMMAND_QUEUE_FULL` where 100 wait
   */
  async command(text: string, wait: WaitOptions = {}): Promise<string[]> {
    const command = rawCommand(text);
    wait.signal?.throwIfAborted();
    if (!this.#loop.session?.checks) throw this.#loop.unavailableError;
    if (this.#commands >= MAX_COMMANDS)
      throw new EspAtError('COMMAND_QUEUE_FULL', { limit: MAX_COMMANDS });
    // Only an accepted command: refused ones would push the secrets of pending ones out of the recorder's list.
    this.#recorder?.command(text);
    this.#commands++;
    try {
      return [...(await waitFor(this.#loop.session.client.run(command, wait), wait))];
    } finally {
      this.#commands--;
    }
  }

  /**
   * Scans for Wi-Fi networks (`AT+CWLAP`) and returns them, the strongest first. Sends the queued messages first; for a
   * few seconds the device then sends none. Works also while the device cannot join its network. Concurrent calls share
   * one scan. An abort ends the wait; the scan goes on.
   * @throws EspAtError `DEVICE_*`, `PORT_*`, `OUT_OF_SYNC`, `COMMAND_FAILED`, `FIRMWARE_UNKNOWN`
   */
  async scanNetworks(wait: WaitOptions = {}): Promise<WifiNetwork[]> {
    wait.signal?.throwIfAborted();
    this.#recorder?.called('scanNetworks');
    this.#scan ??= this.#scanNetworks().finally(() => (this.#scan = undefined));
    return waitFor(this.#scan, wait);
  }

  async #scanNetworks(): Promise<WifiNetwork[]> {
    const { session } = this.#loop;
    if (!session?.isIdentified) throw this.#loop.unavailableError;
    return session.client.sequence(({ run }) => scanNetworks(run), { yields: true });
  }

  /**
   * Returns a recording as JSON Lines for `esp-at-replay`: the latest traffic of the port, calls and decisions. It holds
   * payloads, query strings of URIs and responses to {@link command}. It holds no password, key, authorization or header
   * value of the options, and no quoted parameter of a command. Empty where {@link DeviceOptions.recorderBytes} is 0.
   * @param title title of the recording, in its first line
   */
  recording(title = ''): string {
    return this.#recorder?.text(title, this.capabilities) ?? '';
  }

  /** @internal */
  get recorder(): DeviceRecorder | undefined {
    return this.#recorder;
  }

  /** @internal Returns the state for the start of a recording; undefined while more goes on than a snapshot can hold. */
  snapshot(): Omit<SnapshotLine, 'snapshot'> | undefined {
    return this.#loop.session?.snapshot();
  }

  /** @internal Continues from a snapshot. */
  restore(snapshot: SnapshotLine): void {
    this.#loop.session?.restore(snapshot);
  }
}
