import { EventEmitter } from 'node:events';
import type { LinkId } from '../../../driver/at/types';
import type { WifiNetwork } from '../../../driver/commands/wifi';
import { Device } from '../../../driver/device/device';
import type { DeviceEvents } from '../../../driver/device/events';
import type { DeviceState, LinkStatus, SendQueueLevel } from '../../../driver/device/options';
import { EspAtError, type ErrorCode } from '../../../driver/errors';
import type {
  LinkChangeCause,
  LinkEvent,
  LinkEvents,
  LinkStateName,
  Message,
} from '../../../driver/link/events';
import { portAt } from '../../../driver/port/open';
import type { PortOpener } from '../../../driver/port/port';
import type { DeviceStatistics } from '../../../driver/statistics/statistics';
import type { CloseOptions, OpenOptions, SendOptions } from '../../../driver/link/options';
import type { Reply, RequestOptions, RequestPayload } from '../../../driver/link/request/options';
import type { WaitOptions } from '../../../driver/wait';
import type { DeviceApi, LinkApi, TrafficSource } from '../../../nodes/shared/device/device-api';
import type { LinkStateNumber } from '../../../driver/commands/wsopen';
import type { Capabilities } from '../../../driver/commands/capabilities';

/** A request that a fake link was given. */
interface FakeRequest {
  readonly payload: RequestPayload;
  readonly options: RequestOptions;
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: EspAtError) => void;
}

const names = ['closed', 'reconnecting', 'open', 'waiting', 'closing'] as const;

function nameOf(number: LinkStateNumber): LinkStateName {
  return names[number];
}

/** A link that the test controls. */
export class FakeLink extends EventEmitter<LinkEvents> implements LinkApi {
  readonly id: LinkId;
  stateNumber: LinkStateNumber = 0;
  get state(): LinkStateName {
    return nameOf(this.stateNumber);
  }
  uri = '';
  owner: string | undefined;
  get shouldBeOpen(): boolean {
    return this.stateNumber !== 0 && this.stateNumber !== 4;
  }
  framing: OpenOptions['framing'];
  readonly opened: OpenOptions[] = [];
  readonly sent: { payload: string | Uint8Array; options: SendOptions }[] = [];
  readonly closed: CloseOptions[] = [];
  /** What the next calls end in; undefined is success. */
  failure: EspAtError | undefined;
  /** While set, opens, sends and closes wait for it. */
  pause: Promise<void> | undefined;

  constructor(id: LinkId) {
    super();
    // As in the driver: every node may listen.
    this.setMaxListeners(0);
    this.id = id;
  }

  /** Makes opens, sends and closes wait until the function that it returns is called. */
  suspend(): () => void {
    let resume: () => void = () => undefined;
    this.pause = new Promise((resolve) => (resume = resolve));
    return resume;
  }

  async open(options: OpenOptions, { signal }: WaitOptions = {}): Promise<void> {
    if (signal?.aborted) throw new EspAtError('OPEN_ABORTED', { link: this.id });
    this.opened.push(options);
    this.owner = options.owner;
    await this.#paused(signal, 'OPEN_ABORTED');
    if (this.failure) throw this.failure;
    const again = this.stateNumber === 2 && this.uri === options.uri;
    this.uri = options.uri;
    if (again) return;
    this.framing = options.framing;
    this.become(2, 'opened');
  }

  async send(payload: string | Uint8Array, options: SendOptions = {}): Promise<void> {
    this.sent.push({ payload, options });
    await this.#paused(options.signal, 'ABORTED');
    if (this.failure) throw this.failure;
  }

  /** The requests, each with the functions that settle it. */
  readonly requests: FakeRequest[] = [];

  request(payload: RequestPayload, options: RequestOptions): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.requests.push({ payload, options, resolve, reject });
      options.signal?.addEventListener('abort', () =>
        reject(new EspAtError('ABORTED', {}, { outcome: 'not-sent' })),
      );
    });
  }

  /** Whether the condition of the latest request accepts this reply. */
  async accepts(reply: object): Promise<boolean> {
    const match = this.requests.at(-1)?.options.match;
    if (match?.by !== 'function') throw new Error('there is no request with a condition');
    const bytes = Buffer.from(JSON.stringify(reply));
    return match.matches({ ...this.described, opcode: 1, bytes }, reply);
  }

  async close(options: CloseOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.closed.push(options);
    await this.#paused(options.signal, 'ABORTED');
    if (this.failure) throw this.failure;
    if (this.stateNumber !== 0) this.become(0, 'closed');
  }

  /** Settles with the pause; rejects when the signal is aborted before. */
  async #paused(signal: AbortSignal | undefined, code: ErrorCode): Promise<void> {
    if (!this.pause) return;
    const aborted = new Promise<never>((_, reject) => {
      const abort = () => reject(new EspAtError(code, { link: this.id }));
      signal?.addEventListener('abort', abort, { once: true });
    });
    await Promise.race([this.pause, aborted]);
  }

  /** Changes its state and emits the event. */
  become(number: LinkStateNumber, cause: LinkChangeCause, error?: EspAtError): void {
    const from = nameOf(this.stateNumber);
    this.stateNumber = number;
    const change = { from, to: nameOf(number), stateNumber: number, cause };
    this.emit('statechange', { ...this.described, ...change, ...(error && { error }) });
  }

  get described(): LinkEvent {
    return { link: this.id, uri: this.uri, owner: this.owner };
  }

  loseData(omitted?: number): void {
    const error = new EspAtError('DATA_LOST', { link: this.id });
    this.emit('dataloss', { ...this.described, error, ...(omitted && { omitted }) });
  }

  retry(retryInMs: number): void {
    this.stateNumber = 0;
    this.emit('retry', { ...this.described, retryInMs });
  }

  /** The link receives a message. */
  receive(bytes: Buffer, opcode: 1 | 2 | undefined): void {
    const message: Message = { link: this.id, uri: this.uri, owner: this.owner, opcode, bytes };
    this.emit('message', message);
  }
}

/** A device without a port: ready as soon as it is started, with three {@link FakeLink}s. */
export class FakeDevice extends EventEmitter<DeviceEvents> implements DeviceApi {
  state: DeviceState = { name: 'stopped' };
  capabilities: Capabilities | undefined = {
    firmware: 'D',
    version: 'AT version:fake',
    headers: true,
    authentication: true,
    fragments: true,
    firstMessage: 'heldBack',
    maxSend: 16384,
    misframes: false,
    losesFraming: false,
    maxBuffer: 16384,
  };
  readonly links = [new FakeLink(0), new FakeLink(1), new FakeLink(2)] as const;
  /** What the live view reads. */
  recorder: TrafficSource | undefined;
  starts = 0;
  stops = 0;
  queries = 0;
  /** While set, stopping waits for it. */
  stopping: Promise<void> | undefined;

  constructor() {
    super();
    // As in the driver: every node listens.
    this.setMaxListeners(0);
  }

  start(): void {
    this.starts++;
    this.become({ name: 'ready' });
  }

  async stop(): Promise<void> {
    this.stops++;
    await this.stopping;
    for (const link of this.links) link.stateNumber = 0;
    this.become({ name: 'stopped' });
  }

  disconnects = 0;
  restarts = 0;
  /** The addresses that it was given, after its first one. */
  readonly ports: string[] = [];

  async disconnect(): Promise<void> {
    this.disconnects++;
    await this.stopping;
    this.become({ name: 'disconnected' });
  }

  async restart(): Promise<void> {
    this.restarts++;
  }

  usePort({ address }: PortOpener): void {
    this.ports.push(address);
  }

  sendQueue: SendQueueLevel = { messages: 0, bytes: 0, limit: { messages: 1000, bytes: 4096 } };
  readonly #statistics = new Device({ port: portAt('tcp://fake:1', { rate: 9600 }) }).statistics();

  statistics(): DeviceStatistics {
    return this.#statistics;
  }

  become(status: DeviceState): void {
    const { name: from } = this.state;
    this.state = status;
    const { name: to, error } = status;
    this.emit('statechange', { from, to, ...(error && { error }) });
  }

  link(id: unknown): FakeLink {
    const link = this.links.find((one) => one.id === id || String(one.id) === id);
    if (!link) throw new EspAtError('INVALID_LINK', { link: String(id) });
    return link;
  }

  async checkLinks(): Promise<LinkStatus[]> {
    this.queries++;
    return this.links.map((link) => {
      const { stateNumber } = link;
      return { ...link.described, state: nameOf(stateNumber), stateNumber };
    });
  }

  /** The commands given, and what each answers. */
  readonly commands: string[] = [];
  answer: string[] = [];

  async command(text: string): Promise<string[]> {
    this.commands.push(text);
    return this.answer;
  }

  recording(title = ''): string {
    return `${JSON.stringify({ recording: 1, title })}\n`;
  }

  /** What the next scan finds. */
  networks: WifiNetwork[] = [];
  /** Settles when a scan ends. */
  scanning = Promise.resolve();

  async scanNetworks(): Promise<WifiNetwork[]> {
    await this.scanning;
    return this.networks;
  }
}
