import { once, type EventEmitter } from 'node:events';
import { EspAtError } from '../errors';
import type { Link } from '../link/link';
import type { DeviceCounters } from '../statistics/device-counters';
import type { Wait } from '../wait';
import type { DeviceEvents } from './events';
import type { Capabilities, DeviceState } from './options';

/** Holds the state of a device, and is the only place where it changes. Emits each change, and informs the links. */
export class DeviceStatus {
  /** Capabilities of the firmware; undefined until the device is identified. */
  capabilities: Capabilities | undefined;
  readonly #emitter: EventEmitter<DeviceEvents>;
  readonly #links: readonly Link[];
  readonly #counters: DeviceCounters;
  #state: DeviceState = { name: 'stopped' };

  constructor(
    emitter: EventEmitter<DeviceEvents>,
    links: readonly Link[],
    counters: DeviceCounters,
  ) {
    this.#emitter = emitter;
    this.#links = links;
    this.#counters = counters;
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
    const { name, error } = state;
    const before = this.#state;
    if (before.name === name && before.error?.code === error?.code) return;
    this.#state = state;
    this.#counters.entered(name);
    this.#emitter.emit('statechange', { from: before.name, to: name, ...(error && { error }) });
    this.#informLinks();
  }

  /** See {@link Device.ready}. */
  async ready(wait: Wait): Promise<Capabilities> {
    for (;;) {
      wait.signal?.throwIfAborted();
      const { name } = this.#state;
      if (name === 'ready' && this.capabilities) return this.capabilities;
      if (this.#isFinal) throw this.unavailableError;
      // Rejects after an abort, whose reason the next turn throws.
      await once(this.#emitter, 'statechange', wait).catch(() => undefined);
    }
  }

  /** Whether the device does not become ready by itself. */
  get #isFinal(): boolean {
    const { name } = this.#state;
    return name === 'stopped' || name === 'disconnected' || name === 'unusable';
  }

  /** While the device is ready, the session informs the links. */
  #informLinks(): void {
    const { name } = this.#state;
    if (name === 'ready' || name === 'resyncing') return;
    const error = this.unavailableError;
    const isFinal = this.#isFinal;
    for (const link of this.#links) link.deviceChanged({ kind: 'notReady', error, isFinal });
  }
}
