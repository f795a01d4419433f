import { EventEmitter } from 'node:events';
import type { LinkId, SendSource } from '../at/types';
import { closePayload } from '../commands/close-frame';
import { withoutUserinfo, type LinkStateNumber } from '../commands/wsopen';
import { EspAtError } from '../errors';
import type { LinkSnapshot } from '../recorder/lines';
import { encodeOpen } from '../recorder/open-codec';
import { LinkCounters } from '../statistics/link-counters';
import type { LinkStatistics } from '../statistics/statistics';
import { waitFor, type WaitOptions } from '../wait';
import { ConnectionOptions } from './connection-options';
import { DeviceWatch } from './device-watch';
import type { LinkEvents, LinkStateName } from './events';
import { LinkEffects, type LinkParts } from './link-effects';
import { LinkEmitter } from './link-emitter';
import type { Availability, LinkHost } from './link-host';
import { CloseOperation, OpenOperation } from './operation';
import { checkOpen, type CloseOptions, type OpenOptions, type SendOptions } from './options';
import type { Framing } from './receive/options';
import { Reception } from './receive/reception';
import { ReconnectPolicy } from './reconnect-policy';
import type { Reply, RequestOptions, RequestPayload } from './request/options';
import { Requests } from './request/requests';
import { SendQueue } from './send/send-queue';
import { LinkMachine } from './state/link-machine';
import {
  goalsOf,
  nameOf,
  numberOf,
  ownerOf,
  type Call,
  type Goal,
  type State,
  type Transition,
} from './state/link-state';
import { deviceLost, deviceReady, networkBack, resynced } from './state/device-step';
import { abort, close, open } from './state/link-step';

/** One of the three WebSocket links of a device. */
export class Link extends EventEmitter<LinkEvents> {
  /** ID of the link: 0, 1 or 2. */
  readonly id: LinkId;
  readonly #host: LinkHost;
  readonly #counters: LinkCounters;
  readonly #parts: LinkParts;

  /** @internal */
  constructor(id: LinkId, host: LinkHost) {
    super();
    // Every node on a canvas may listen: many listeners are no leak.
    this.setMaxListeners(0);
    this.id = id;
    this.#host = host;
    const { clock, random } = host;
    this.#counters = new LinkCounters(id, clock);
    const machine: LinkMachine = new LinkMachine(clock, (effect) => effects.carryOut(effect));
    const watch = new DeviceWatch(clock);
    const connectionOptions = new ConnectionOptions();
    const sendQueue = new SendQueue(id, host, machine, watch, connectionOptions);
    const emitter = new LinkEmitter(id, this, machine, this.#counters, clock);
    const send: Link['send'] = (payload, options) => this.send(payload, options);
    this.#parts = {
      machine,
      watch,
      sendQueue,
      connectionOptions,
      requests: new Requests(id, host, send, emitter.emitMessage),
      policy: new ReconnectPolicy(random),
      reception: new Reception(id, clock, machine, watch),
      emitter,
    };
    const effects = new LinkEffects(id, host, this.#parts);
  }

  /** State of the link. */
  get state(): LinkStateName {
    return nameOf(this.#state);
  }

  /**
   * State as the device numbers it in `AT+WSOPEN?`. While the link opens: 0, or the number of an old connection that the
   * driver closes first.
   */
  get stateNumber(): LinkStateNumber {
    return numberOf(this.#state);
  }

  /** @internal Whether the link is open, opens, or opens again later; also while it closes first. */
  get shouldBeOpen(): boolean {
    const state = this.#state;
    return state.kind === 'closing' ? state.next !== undefined : state.kind !== 'closed';
  }

  /**
   * URI of a connection that is still closing; otherwise of the newest call of {@link open}. A call does not count if it was
   * refused with `LINK_IN_USE`, aborted while it waited for a check of the links, or ended while it waited for a close.
   * Without user and password; empty before the first call.
   */
  get uri(): string {
    return this.#state.goal?.uri ?? '';
  }

  /** The owner that the newest call of {@link open} named; the calls that do not count for {@link uri} do not here. */
  get owner(): string | undefined {
    return ownerOf(this.#state);
  }

  /** @internal How the driver joins pieces on the connection. An open() that takes the connection over does not change it. */
  get framing(): Framing | undefined {
    const { goal } = this.#state;
    return goal && this.#parts.connectionOptions.withGoal(goal).framing;
  }

  /** Returns counts since the device was created: messages, bytes, losses … */
  statistics(): LinkStatistics {
    return this.#counters.statistics;
  }

  /**
   * Opens the link (`AT+WSOPEN`). Succeeds at once where it is open to this URI already; after a resync, once a check of the
   * links shows that. The connection then keeps its options, except `keepOpen` and `owner`. Opens it afresh while the device
   * tries to reconnect. Joins an attempt to this URI, and settles with it: until the open sequence is queued, this call's
   * options replace those of the attempt; then only `keepOpen` and `owner` do. Waits for a device that is not ready, and
   * again if it restarts before the open sequence begins, up to `timeoutMs`, which counts anew after a wait for a check. Where the call has joined the driver's
   * own reconnect, without `keepOpen`, a loss of the device fails it. With `keepOpen` the driver keeps trying after a
   * failure, although this call rejects. An abort before the link is open closes it and rejects, unless a newer call has
   * claimed the link: then it has no effect. An abort during the wait for the check only rejects.
   * @throws EspAtError `INVALID_*`, `HEADERS_NOT_SUPPORTED`, `AUTH_NOT_SUPPORTED` at once, without effect; if no device was
   * ready, those that depend on the firmware fail the attempt; `LINK_IN_USE`; `OPEN_ABORTED` after a close, or another
   * open; `OPEN_FAILED`, `OPEN_TIMEOUT`, `OPEN_CLOSED`, `CERTIFICATE_MISSING`, `CLOCK_NOT_SET`, `COMMAND_FAILED`,
   * `OUT_OF_SYNC`, `FIRMWARE_UNKNOWN`, `NO_WEBSOCKET`, `ECHO_STAYS_ON`, `DEVICE_*`, `PORT_*` where the attempt failed
   */
  async open(options: OpenOptions, wait: WaitOptions = {}): Promise<void> {
    const { signal } = wait;
    checkOpen(this.id, options, this.#parts.watch.current?.capabilities);
    signal?.throwIfAborted();
    const run = () => this.#open(options, signal);
    const { recorder } = this.#host;
    return recorder
      ? recorder.open(this.id, options, () => this.#optionsInUse, run, signal)
      : run();
  }

  async #open(options: OpenOptions, signal: AbortSignal | undefined): Promise<void> {
    const goal: Goal = { options, uri: withoutUserinfo(options.uri) };
    const operation = new OpenOperation();
    const call: Call = { goal, operation, calledAt: this.#host.clock.now() };
    const withdraw = () => this.#parts.machine.take((state) => abort(state, goal));
    signal?.addEventListener('abort', withdraw, { once: true });
    const deviceInSync = this.#parts.watch.isInSync;
    this.#parts.machine.take((state) => open(state, call, deviceInSync));
    try {
      await operation.done;
    } catch (error) {
      if (error instanceof EspAtError && error.code === 'OPEN_ABORTED') signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', withdraw);
    }
  }

  /**
   * Sends one message (`AT+WSSEND`), in fragments if it is too long for one command and the firmware can. Resolves when
   * the device has handed all of it to the network. An abort withdraws it, unless the device has begun with it. Copies the
   * payload: its buffer may change at once.
   * @throws EspAtError with an `outcome`: `LINK_NOT_OPEN`, `QUEUE_FULL`, `ABORTED`, `SEND_UNKNOWN` …
   */
  send(payload: Uint8Array | string, options: SendOptions = {}): Promise<void> {
    return this.#counters.sending(this.#parts.sendQueue.send(payload, options));
  }

  /**
   * Sends a request and returns its reply. Many may be under way, within the limits of the send queue (`QUEUE_FULL`); each
   * settles once, and a late reply never answers another request.
   * @throws EspAtError as {@link send} does; `INVALID_REQUEST`, `REQUEST_ID_IN_USE`, `REPLY_OUTSTANDING` (not sent);
   * `REPLY_TIMEOUT`, `REPLY_LOST`, `REPLY_ERROR`, `MATCH_FAILED` (outcome `sent`)
   */
  request(payload: RequestPayload, options: RequestOptions): Promise<Reply> {
    return this.#parts.requests.request(payload, options);
  }

  /**
   * Closes the link, and ends `keepOpen` until the next {@link open}. Gracefully: sends the queued messages of earlier
   * calls of {@link send} and a close frame, waits up to 3 s for the server's, then sends `AT+WSCLOSE`. Messages that wait
   * for a connection or a check fail with `LINK_CLOSED`. An {@link open} or a close with `graceful: false` meanwhile, a
   * message of which the network takes no byte, or the end of the connection cuts the close short: messages that are left
   * fail with `LINK_CLOSED`. An abort ends the wait, not the close.
   * @throws EspAtError `INVALID_CLOSE_CODE`, `INVALID_PAYLOAD` at once, without effect; `OUT_OF_SYNC`, `COMMAND_FAILED`
   * where the device may not have closed it: the driver keeps trying
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { graceful, code, reason, owner, ...wait } = options;
    wait.signal?.throwIfAborted();
    const frame = graceful === false ? undefined : closePayload(code, reason);
    const run = () => {
      const operation = new CloseOperation();
      this.#parts.machine.take((state) => close(state, operation, frame, owner));
      return waitFor(operation.done, wait);
    };
    const { recorder } = this.#host;
    await (recorder ? recorder.close(this.id, options, run) : run());
  }

  /** @internal The messages of this link, for the client. */
  get sendSource(): SendSource {
    return this.#parts.sendQueue;
  }

  // --- called by the device ------------------------------------------------------------------------

  /** @internal The device calls this at each change, and at a loss before its client fails the commands of this link. */
  deviceChanged(availability: Availability): void {
    const before = this.#parts.watch.current;
    this.#parts.watch.changed(availability);
    if (availability.kind === 'notReady') {
      if (!before) return;
      this.#parts.machine.take((state) => deviceLost(state, availability.error));
      this.#parts.sendQueue.connectionLost(availability.error, 'gone');
    } else if (!before) {
      this.#parts.reception.deviceReady();
      this.#parts.machine.take((state) => deviceReady(state, this.#parts.policy.crashLoop));
    } else if (availability.kind === 'ready') this.#parts.machine.take(resynced);
  }

  /** @internal The device has a network again. */
  networkBack(): void {
    this.#parts.machine.take((state) => networkBack(state, this.#parts.policy.crashLoop));
  }

  /** @internal Takes what the device reports of the link, and what the session finds out about it. */
  take(transition: Transition): void {
    this.#parts.machine.take(transition);
  }

  /** @internal Received bytes are lost; of which link is unknown. */
  dataLost(): void {
    this.#parts.reception.dataLost();
    // An opening link emits the loss once it is open. A closing one still emits messages, until its connection ends.
    if (!this.#parts.reception.isConnected) return;
    this.#parts.emitter.dataLost(new EspAtError('DATA_LOST', { link: this.id }));
  }

  /** @internal The client is in sync; it has dropped all data since {@link dataLost}. */
  dataTrusted(): void {
    this.#parts.reception.dataTrusted();
  }

  /** @internal Returns the state for the start of a recording; `busy` while more goes on than a snapshot can hold. */
  snapshot(): LinkSnapshot | 'closed' | 'busy' {
    const state = this.#state;
    if (state.kind === 'closed') return this.#parts.sendQueue.isEmpty ? 'closed' : 'busy';
    if (state.kind !== 'open' || !this.#parts.sendQueue.isEmpty || !this.#parts.reception.isEmpty)
      return 'busy';
    const options = this.#parts.connectionOptions.withGoal(state.goal);
    const snapshot: LinkSnapshot = { link: this.id, options: encodeOpen(options) };
    return snapshot;
  }

  /** The options that the device has, or may get without another call of {@link open}. */
  get #optionsInUse(): OpenOptions[] {
    const goals = goalsOf(this.#state).map(({ options }) => options);
    return [...goals, ...this.#parts.connectionOptions.inUse];
  }

  get #state(): State {
    return this.#parts.machine.state;
  }
}
