import { EventEmitter } from 'node:events';
import type { LinkId } from '../../../driver/at/types';
import type { WifiNetwork } from '../../../driver/commands/wifi';
import type { Capabilities, DeviceEvent, DeviceState } from '../../../driver/device/options';
import { EspAtError, type ErrorCode } from '../../../driver/errors';
import type {
  CloseOptions,
  LinkEvent,
  LinkEventName,
  LinkState,
  Message,
  OpenOptions,
  SendOptions,
  Wait,
} from '../../../driver/link/options';
import type { DeviceApi, LinkApi } from '../../../nodes/shared/device/device-api';

/** A link that the test controls. */
export class FakeLink implements LinkApi {
  readonly id: LinkId;
  state: LinkState = 0;
  uri = '';
  owner: string | undefined;
  readonly opened: OpenOptions[] = [];
  readonly sent: { payload: string | Uint8Array; options: SendOptions }[] = [];
  readonly closed: CloseOptions[] = [];
  /** What the next calls end in; undefined is success. */
  failure: EspAtError | undefined;
  /** While set, sends and closings wait for it. */
  pause: Promise<void> | undefined;
  readonly #device: FakeDevice;

  constructor(id: LinkId, device: FakeDevice) {
    this.id = id;
    this.#device = device;
  }

  async open(options: OpenOptions, { signal }: Wait = {}): Promise<void> {
    if (signal?.aborted) throw new EspAtError('OPEN_ABORTED', { link: this.id });
    this.opened.push(options);
    this.owner = options.owner;
    await this.#paused(signal, 'OPEN_ABORTED');
    if (this.failure) throw this.failure;
    const again = this.state === 2 && this.uri === options.uri;
    this.uri = options.uri;
    if (!again) this.become(2, 'opened');
  }

  async send(payload: string | Uint8Array, options: SendOptions = {}): Promise<void> {
    this.sent.push({ payload, options });
    await this.#paused(options.signal, 'ABORTED');
    if (this.failure) throw this.failure;
  }

  async close(options: CloseOptions = {}): Promise<void> {
    this.closed.push(options);
    await this.#paused(options.signal, 'ABORTED');
    if (this.failure) throw this.failure;
    if (this.state !== 0) this.become(0, 'closed');
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
  become(state: LinkState, event: LinkEventName, more: Partial<LinkEvent> = {}): void {
    this.state = state;
    this.#device.emit('link', { ...this.describe(event), ...more });
  }

  describe(event: LinkEventName): LinkEvent {
    return { link: this.id, event, state: this.state, uri: this.uri, owner: this.owner };
  }

  /** The link receives a message. */
  receive(bytes: Buffer, opcode: 1 | 2 | undefined): void {
    const message: Message = { link: this.id, uri: this.uri, owner: this.owner, opcode, bytes };
    this.#device.emit('message', message);
  }
}

interface Events {
  status: [DeviceState];
  event: [DeviceEvent];
  link: [LinkEvent];
  message: [Message];
  queue: [number];
}

/** A device without a port: ready as soon as it is started, with three {@link FakeLink}s. */
export class FakeDevice extends EventEmitter<Events> implements DeviceApi {
  status: DeviceState = { name: 'stopped' };
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
  readonly links = [new FakeLink(0, this), new FakeLink(1, this), new FakeLink(2, this)] as const;
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
    for (const link of this.links) link.state = 0;
    this.become({ name: 'stopped' });
  }

  become(status: DeviceState): void {
    this.status = status;
    this.emit('status', status);
  }

  link(id: unknown): FakeLink {
    const link = this.links.find((one) => one.id === id || String(one.id) === id);
    if (!link) throw new EspAtError('INVALID_LINK', { link: String(id) });
    return link;
  }

  async checkLinks(): Promise<LinkEvent[]> {
    this.queries++;
    return this.links.map((link) => {
      const event = link.describe('asked');
      this.emit('link', event);
      return event;
    });
  }

  /** What the next scan finds. */
  networks: WifiNetwork[] = [];

  async scanNetworks(): Promise<WifiNetwork[]> {
    return this.networks;
  }
}
