import { EventEmitter } from 'node:events';
import type { LinkId, SendSource } from '../at/types';
import { closePayload } from '../commands/close-frame';
import { BUFFER_SIZE, withoutUserinfo, wsclose, wsdatafmt, wsping } from '../commands/websocket';
import { asEspAtError, EspAtError, type ErrorCode, type SendOutcome } from '../errors';
import { closeHandshake } from './close-handshake';
import { DeviceWatch } from './device-watch';
import type { LinkEvent, LinkEvents, LinkStateName, LinkStateNumber, Message } from './events';
import type { Availability, LinkHost, ReadyDevice } from './link-host';
import {
  isWanted,
  nameOf,
  numberOf,
  ownerOf,
  type Effect,
  type FailSends,
  type Goal,
  type LinkUrc,
  type State,
  type Tell,
  type Timer,
} from './state/link-state';
import { LinkMachine } from './state/link-machine';
import { runOpen } from './open-sequence';
import { CloseOperation, OpenOperation } from './operation';
import { checkOpen, type CloseOptions, type OpenOptions, type SendOptions } from './options';
import { EarlyData } from './receive/early-data';
import { createReceiver, type LinkReceiver, type MessageSink } from './receive/receiver';
import type { LinkSnapshot } from '../recorder/lines';
import { encodeOpen } from '../recorder/open-codec';
import { ReconnectPolicy } from './reconnect-policy';
import type { Reply, RequestOptions, RequestPayload } from './request/options';
import { Requests } from './request/requests';
import { SendQueue, type SendConditions } from './send-queue';
import { LinkCounters } from '../statistics/link-counters';
import type { LinkStatistics } from '../statistics/statistics';
import { waitFor, type Wait } from '../wait';
import { ConnectionWarnings } from './warnings';

/** One of the three WebSocket links of a device. */
export class Link extends EventEmitter<LinkEvents> {
  /** ID of the link: 0, 1 or 2. */
  readonly id: LinkId;
  readonly #host: LinkHost;
  readonly #machine: LinkMachine;
  readonly #device: DeviceWatch;
  readonly #policy: ReconnectPolicy;
  readonly #sendQueue: SendQueue;
  readonly #requests: Requests;
  readonly #warnings: ConnectionWarnings;
  readonly #counters: LinkCounters;
  readonly #emitMessage = (message: Message) => void this.emit('message', message);
  /** Receives data while there is no connection. */
  readonly #noReceiver: LinkReceiver;
  #receiver: LinkReceiver;
  /** The device that is closing a connection that no goal asks for. */
  #strayClose: ReadyDevice | undefined;
  /** Whether data of this connection may be lost since the client was in sync. */
  #hasLostData = false;
  /** What the events have told so far. */
  #told: { readonly state: LinkStateName; readonly isOpen: boolean } = {
    state: 'closed',
    isOpen: false,
  };

  /** @internal */
  constructor(id: LinkId, host: LinkHost) {
    super();
    // Every node on a canvas may listen: their number indicates no leak.
    this.setMaxListeners(0);
    this.id = id;
    this.#host = host;
    this.#counters = new LinkCounters(id, host.clock);
    this.#machine = new LinkMachine(host.clock, (effect) => this.#carryOut(effect));
    this.#device = new DeviceWatch(host.clock);
    this.#policy = new ReconnectPolicy(host.random);
    this.#warnings = new ConnectionWarnings(id);
    const { clock, random } = host;
    this.#requests = new Requests({
      ...{ link: id, clock, random },
      send: (payload, options) => this.send(payload, options),
    });
    this.#noReceiver = this.#receiver = this.#createNoReceiver();
    this.#sendQueue = new SendQueue(id, host, this.#sendConditions(), (event) => {
      if (event.kind === 'refused') host.ask();
      else this.#machine.take(event);
    });
  }

  #createNoReceiver(): LinkReceiver {
    const ignore = () => undefined;
    const current = () => this.#state;
    return {
      get connected() {
        return numberOf(current()) !== 0;
      },
      isEmpty: true,
      push: ignore,
      dataLost: ignore,
      end: ignore,
    };
  }

  #sendConditions(): SendConditions {
    const device = () => this.#device.current;
    const current = () => this.#state;
    return {
      get device() {
        return device();
      },
      get isOpen() {
        return current().kind === 'open';
      },
      get isWanted() {
        return isWanted(current());
      },
      get bufferSize() {
        return current().goal?.options.config?.bufferBytes ?? BUFFER_SIZE;
      },
    };
  }

  /** State of the link. */
  get state(): LinkStateName {
    return nameOf(this.#state);
  }

  /** State as the device numbers it in `AT+WSOPEN?`; 0 while the link opens. */
  get stateNumber(): LinkStateNumber {
    return numberOf(this.#state);
  }

  /** @internal Whether an open, or keep-open, has a claim on it. */
  get isWanted(): boolean {
    return isWanted(this.#state);
  }

  /** URI of the connection, or of the last one, without user and password; empty before the first. */
  get uri(): string {
    return this.#state.goal?.uri ?? '';
  }

  /** The owner that the newest {@link open} named, from its call on. */
  get owner(): string | undefined {
    return ownerOf(this.#state);
  }

  /** What it has done since its device was made. */
  statistics(): LinkStatistics {
    return this.#counters.statistics;
  }

  /**
   * Opens the link (`AT+WSOPEN`). Succeeds at once where it is open to this URI already, during a resync only once
   * the device confirms that; opens it afresh while the device tries to reconnect. Waits again for a device that
   * restarts before the first command. With `keepOpen` the driver goes on to try after a failure, although this call
   * rejects. An abort before the link is open closes it, unless a newer call has claimed it.
   * @throws EspAtError `INVALID_*`, `HEADERS_NOT_SUPPORTED`, `AUTH_NOT_SUPPORTED` before anything is done;
   * `LINK_IN_USE`; `OPEN_ABORTED` after a close, or another open; `OPEN_FAILED`, `OPEN_TIMEOUT`,
   * `OPEN_CLOSED`, `CERTIFICATE_MISSING`, `CLOCK_NOT_SET`, `DEVICE_*`, `PORT_*` where the attempt failed
   */
  async open(options: OpenOptions, wait: Wait = {}): Promise<void> {
    const { signal } = wait;
    checkOpen(this.id, options, this.#device.current?.capabilities);
    signal?.throwIfAborted();
    const open = () => this.#open(options, signal);
    const { recorder } = this.#host;
    return recorder ? recorder.open(this.id, options, open, signal) : open();
  }

  async #open(options: OpenOptions, signal: AbortSignal | undefined): Promise<void> {
    const goal: Goal = { options, uri: withoutUserinfo(options.uri) };
    const operation = new OpenOperation();
    const abort = () => this.#machine.take({ kind: 'abort', goal });
    signal?.addEventListener('abort', abort, { once: true });
    const deviceInSync = this.#device.isInSync;
    this.#machine.take({ kind: 'open', claim: { goal, operation }, deviceInSync });
    try {
      await operation.done;
    } catch (error) {
      if (error instanceof EspAtError && error.code === 'OPEN_ABORTED') signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Sends one message (`AT+WSSEND`), in fragments where it must and the firmware can. Settles when the
   * device has handed all of it to the network. An abort withdraws it, unless the device has begun with it.
   * @throws EspAtError with an `outcome`: `LINK_NOT_OPEN`, `QUEUE_FULL`, `SEND_UNKNOWN` …
   */
  send(payload: Uint8Array | string, options: SendOptions = {}): Promise<void> {
    return this.#counters.sending(payload, this.#sendQueue.send(payload, options));
  }

  /**
   * Sends a request and returns its reply. Any number may be under way, each settles once, and a reply that comes too
   * late never answers another request.
   * @throws EspAtError as {@link send} does; `INVALID_REQUEST`, `REQUEST_ID_IN_USE`, `REPLY_OUTSTANDING` (not sent);
   * `REPLY_TIMEOUT`, `REPLY_LOST`, `REPLY_ERROR`, `MATCH_FAILED` (outcome `sent`)
   */
  request(payload: RequestPayload, options: RequestOptions): Promise<Reply> {
    return this.#requests.request(payload, options);
  }

  /**
   * Closes the link, and ends `keepOpen` until the next {@link open}. Gracefully: the messages given to
   * {@link send} before, a close frame, its answer, then `AT+WSCLOSE`. An abort ends the wait, not the close.
   * @throws EspAtError `INVALID_CLOSE_CODE`, `INVALID_PAYLOAD` before anything is done; `OUT_OF_SYNC`,
   * `COMMAND_FAILED` where the device may not have closed it: the driver goes on to close it
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { graceful, code, reason, owner, ...wait } = options;
    wait.signal?.throwIfAborted();
    const frame = graceful === false ? {} : { frame: closePayload(code, reason) };
    const close = () => {
      const operation = new CloseOperation();
      this.#machine.take({ kind: 'close', operation, owner, ...frame });
      return waitFor(operation.done, wait);
    };
    const { recorder } = this.#host;
    await (recorder ? recorder.close(this.id, options, close) : close());
  }

  /** @internal The messages of this link, for the client. */
  get sendSource(): SendSource {
    return this.#sendQueue;
  }

  // --- called by the device ------------------------------------------------------------------------

  /** @internal Takes every change of the device, before operations fail with it. */
  deviceChanged(availability: Availability): void {
    const before = this.#device.current;
    this.#device.changed(availability);
    if (availability.kind === 'notReady') {
      if (!before) return;
      this.#machine.take({ kind: 'deviceLost', error: availability.error });
      this.#sendQueue.connectionLost(availability.error);
    } else if (!before) {
      this.#route(this.#receiver);
      this.#machine.take({ kind: 'deviceReady', crashLoop: this.#policy.crashLoop });
    }
  }

  /** @internal The device has a network again: failed opens may succeed now. */
  networkBack(): void {
    this.#machine.take({ kind: 'networkBack' });
  }

  /** @internal */
  urc(urc: LinkUrc): void {
    this.#machine.take({ kind: 'urc', urc });
  }

  /** @internal Takes the state in `AT+WSOPEN?`; 0 where the response omits the link. */
  checked(number: LinkStateNumber): void {
    this.#machine.take({ kind: 'checked', number });
  }

  /** @internal The peer may have received corrupt data, or the connection is half-open: reconnects. */
  corrupted(error: EspAtError): void {
    this.#machine.take({ kind: 'corrupted', error });
  }

  /** @internal Received bytes of any link are lost. */
  dataLost(): void {
    this.#hasLostData = this.#receiver !== this.#noReceiver;
    // An opening link emits the loss once it is open.
    if (this.#state.kind === 'open') this.#loseData(this.#error('DATA_LOST'));
  }

  /** @internal The client is in sync; it has dropped all data since {@link dataLost}. */
  dataTrusted(): void {
    if (!this.#hasLostData) return;
    this.#hasLostData = false;
    if (this.#state.kind !== 'open') return;
    const device = this.#device.current;
    // Unreadable data may have been whole, in another format: the command that sets it was corrupt.
    if (device?.capabilities.fragments)
      device.client.run(wsdatafmt(this.id)).catch(() => undefined);
  }

  /** @internal How a recording may start: `busy` while more goes on than a snapshot says. */
  snapshot(): LinkSnapshot | 'closed' | 'busy' {
    const state = this.#state;
    if (state.kind === 'closed') return this.#sendQueue.isEmpty ? 'closed' : 'busy';
    if (state.kind !== 'open' || !this.#sendQueue.isEmpty || !this.#receiver.isEmpty) return 'busy';
    const open: LinkSnapshot = { link: this.id, options: encodeOpen(state.goal.options) };
    return open;
  }

  // --- transitions and their effects ---------------------------------------------------------------

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'tell':
        return this.#tell(effect);
      case 'start':
        return this.#start(effect.operation);
      case 'startTimer':
        return this.#startTimer(effect.timer);
      case 'beginConnection':
        return this.#beginConnection(effect.goal);
      case 'endConnection':
        this.#policy.ended(this.#now);
        return this.#endConnection();
      case 'failSends':
        return this.#failSends(effect);
      case 'confirmSends':
        return this.#sendQueue.confirmed();
      case 'closeStray':
        return this.#closeStray();
      case 'check':
        return this.#host.ask();
      case 'note':
        return void effect.operation.seen.add(effect.urc);
      case 'answer':
        return effect.operation.answer();
      case 'policy':
        return this.#policy[effect.call](this.#now);
      case 'join':
        return effect.operation.join(effect.to);
      case 'settle': {
        const { operation, error } = effect;
        return operation.settle(typeof error === 'string' ? this.#error(error) : error);
      }
    }
  }

  /** One at a time: what the device tells again before is closed with it, or found by the next check. */
  #closeStray(): void {
    const { current } = this.#device;
    if (!current || this.#strayClose === current) return;
    this.#strayClose = current;
    const end = () => (this.#strayClose = undefined);
    current.client.run(wsclose(this.id)).then(end, end);
  }

  #start(operation: OpenOperation | CloseOperation): void {
    const state = this.#state;
    // A listener may have ended it before it began.
    if (!('operation' in state) || state.operation !== operation) return;
    if (state.kind === 'opening')
      void runOpen(this.id, state, this.#machine, this.#device, () => this.#route(new EarlyData()));
    else void this.#runClose(state.operation, state.kind === 'closing' ? state.frame : undefined);
  }

  async #runClose(operation: CloseOperation, frame: Buffer | undefined): Promise<void> {
    try {
      const options = { link: this.id, clock: this.#host.clock, frame };
      await closeHandshake(this.#device.required.client, this.#sendQueue, options, operation);
      this.#machine.take({ kind: 'closed', operation });
    } catch (reason) {
      this.#machine.take({ kind: 'closeFailed', operation, error: asEspAtError(reason) });
    }
  }

  #startTimer(timer: Timer): void {
    // A listener may have ended it before it began.
    if (!this.#machine.owns(timer)) return;
    const retryInMs = timer.ms === 'policy' ? this.#policy.failed(this.#now) : timer.ms;
    this.#machine.startTimer(timer, retryInMs);
    if (timer.ms === 'policy') this.emit('retry', { ...this.#event, retryInMs });
  }

  #beginConnection(goal: Goal): void {
    const { clock, recorder } = this.#host;
    const link = this.id;
    const device = this.#device.current;
    if (!device) return;
    const { capabilities, client } = device;
    this.#policy.opened(this.#now);
    for (const error of this.#warnings.next(goal, capabilities))
      this.emit('warning', { ...this.#event, error });
    const early = this.#receiver;
    const sink: MessageSink = {
      // Written out, not spread, for speed: this runs for every message.
      message: (opcode, bytes) => {
        recorder?.message(link, bytes);
        this.#counters.received(bytes.length);
        this.#requests.take(
          { link, uri: this.uri, owner: this.#connectionOwner, opcode, bytes },
          this.#emitMessage,
        );
      },
      failed: (error) => this.#loseData(error),
      unrecoverable: (error) => this.corrupted(error),
    };
    const ping = () => client.run(wsping(link));
    const receiver = createReceiver({ link, clock, capabilities, ping }, goal.options, sink);
    this.#route(receiver);
    if (early instanceof EarlyData)
      early.replay(receiver, () => sink.failed(this.#error('DATA_LOST')));
    // The pong is the next byte of the server.
    if (capabilities.firstMessage === 'heldBack') this.#sendQueue.sendPing();
    this.#sendQueue.release();
  }

  #endConnection(): void {
    const receiver = this.#receiver;
    this.#hasLostData = false;
    this.#route(this.#noReceiver);
    receiver.end();
    this.#requests.connectionEnded();
  }

  #route(receiver: LinkReceiver): void {
    this.#receiver = receiver;
    this.#device.current?.client.route(this.id, receiver);
  }

  #failSends({ which, code }: FailSends): void {
    if (which === 'held') this.#sendQueue.failHeld(this.#error(code, 'not-sent'));
    else this.#sendQueue.connectionLost(this.#error(code));
  }

  #tell({ cause, to, number, goal, error }: Tell): void {
    const { state: from, isOpen } = this.#told;
    const { uri = '', options } = goal ?? {};
    const change = {
      link: this.id,
      from,
      to,
      stateNumber: number,
      cause,
      uri,
      owner: options?.owner,
    };
    const full = error ? { ...change, error } : change;
    const opens = cause === 'opened' || cause === 'reopened';
    const closes = isOpen && to !== 'open' && to !== 'closing';
    this.#told = { state: to, isOpen: opens || (isOpen && !closes) };
    this.#counters.changed(full);
    this.emit('statechange', full);
    if (opens) this.emit('open', full);
    if (closes) this.emit('close', full);
  }

  #loseData(error: EspAtError): void {
    this.#counters.dataLost();
    this.emit('dataloss', { ...this.#event, error });
  }

  /** The part that all events share. */
  get #event(): LinkEvent {
    return { link: this.id, uri: this.uri, owner: this.#connectionOwner };
  }

  /** The owner of the connection: while an open waits for its end, still the owner before. */
  get #connectionOwner(): string | undefined {
    return this.#state.goal?.options.owner;
  }

  #error(code: ErrorCode, outcome?: SendOutcome): EspAtError {
    return new EspAtError(code, { link: this.id }, outcome && { outcome });
  }

  get #state(): State {
    return this.#machine.state;
  }

  get #now(): number {
    return this.#host.clock.now();
  }
}
