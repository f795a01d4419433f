import type { EventEmitter } from 'node:events';
import { callUser } from '../call-user';
import { onTimeout, type Cancel, type Clock } from '../clock';
import { Deferred } from '../deferred';
import { EspAtError } from '../errors';
import type { Link } from '../link/link';
import type { DeviceCounters } from '../statistics/device-counters';
import { TokenBucket } from '../token-bucket';
import { waitFor, type WaitOptions } from '../wait';
import type { DeviceEvents } from './events';
import type { DeviceState } from './options';
import type { Capabilities } from '../commands/capabilities';

/** Changes of an operational device that it emits, see {@link isOperational}: a burst at once, then so many a second. */
const CHANGE_BURST = 20;
const CHANGES_PER_SECOND = 2;

/**
 * State of a device: the only place where it changes. Emits each change of the name or of the error's code; where changes
 * of an operational device come too fast, emits only the latest, later. The session informs the links of `ready` and
 * `resyncing`, and first of the loss of the device; this class of every other state.
 */
export class DeviceStatus {
  /** Capabilities of the firmware that the driver identified last; undefined until then. */
  capabilities: Capabilities | undefined;
  readonly #emitter: EventEmitter<DeviceEvents>;
  readonly #links: readonly Link[];
  readonly #counters: DeviceCounters;
  readonly #clock: Clock;
  readonly #limit: TokenBucket;
  #state: DeviceState = { name: 'stopped' };
  /** The state in the latest event. */
  #emitted = this.#state;
  #cancelLate: Cancel | undefined;
  /** Changes since the latest event. */
  #omitted = 0;
  /** Calls of {@link ready} that wait for the next change. */
  readonly #waiting = new Set<Deferred<void>>();

  constructor(
    emitter: EventEmitter<DeviceEvents>,
    links: readonly Link[],
    counters: DeviceCounters,
    clock: Clock,
  ) {
    this.#emitter = emitter;
    this.#links = links;
    this.#counters = counters;
    this.#clock = clock;
    this.#limit = new TokenBucket(clock, CHANGE_BURST, CHANGES_PER_SECOND);
  }

  get state(): DeviceState {
    return this.#state;
  }

  /** The error of a call that needs a ready device. */
  get unavailableError(): EspAtError {
    const { name, error } = this.#state;
    if (name === 'disconnected') return new EspAtError('DEVICE_DISCONNECTED');
    return error ?? new EspAtError('DEVICE_NOT_READY', { state: name });
  }

  become(state: DeviceState): void {
    const { name } = state;
    const before = this.#state;
    this.#state = state;
    if (isSame(before, state)) return;
    this.#counters.times.enter(name);
    for (const change of this.#waiting) change.resolve();
    if (!isOperational(name) || !isOperational(before.name)) this.#emit();
    else if (this.#cancelLate) this.#omitted++;
    else this.#emitWithinLimit();
    this.#informLinks();
  }

  #emitWithinLimit(): void {
    const ms = this.#limit.take();
    if (ms === 0) return this.#emit();
    this.#omitted++;
    this.#cancelLate = onTimeout(this.#clock, ms, () => {
      this.#cancelLate = undefined;
      this.#limit.take();
      // The event shows the latest change, unless the state is back where it was: then that change is omitted too.
      if (!isSame(this.#state, this.#emitted)) this.#omitted--;
      this.#emit();
    });
  }

  #emit(): void {
    this.#cancelLate?.();
    this.#cancelLate = undefined;
    const count = this.#omitted;
    this.#omitted = 0;
    const { name: from } = this.#emitted;
    const { name: to, error } = this.#state;
    if (count > 0) callUser(() => this.#emitter.emit('omitted', { event: 'statechange', count }));
    if (isSame(this.#state, this.#emitted)) return;
    this.#emitted = this.#state;
    callUser(() => this.#emitter.emit('statechange', { from, to, ...(error && { error }) }));
  }

  /** See {@link Device.ready}. */
  async ready(wait: WaitOptions): Promise<Capabilities> {
    for (;;) {
      wait.signal?.throwIfAborted();
      const { name } = this.#state;
      if (name === 'ready' && this.capabilities) return this.capabilities;
      if (this.#isFinal) throw this.unavailableError;
      // A promise of its own: an aborted wait would stay in memory as long as a shared one.
      const change = new Deferred<void>();
      this.#waiting.add(change);
      await waitFor(change.promise, wait).finally(() => this.#waiting.delete(change));
    }
  }

  /** Whether the device does not become ready by itself. */
  get #isFinal(): boolean {
    const { name } = this.#state;
    return name === 'stopped' || name === 'disconnected' || name === 'unusable';
  }

  #informLinks(): void {
    if (isOperational(this.#state.name)) return;
    const error = this.unavailableError;
    const isFinal = this.#isFinal;
    for (const link of this.#links) link.deviceChanged({ kind: 'notReady', error, isFinal });
  }
}

function isSame(one: DeviceState, other: DeviceState): boolean {
  return one.name === other.name && one.error?.code === other.error?.code;
}

/** Whether the device is ready, or resyncs and then is ready again. */
function isOperational(name: DeviceState['name']): boolean {
  return name === 'ready' || name === 'resyncing';
}
