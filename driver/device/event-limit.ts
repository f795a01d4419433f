import type { Clock } from '../clock';
import { EventGate } from '../event-gate';
import type { DeviceEmitter } from './events';

/** Limits the rate of a device's events, each name by itself. The event `omitted` counts those without an event. */
export class EventLimit implements DeviceEmitter {
  readonly #clock: Clock;
  readonly #emitter: DeviceEmitter;
  readonly #gates = new Map<string, EventGate>();

  constructor(clock: Clock, emitter: DeviceEmitter) {
    this.#clock = clock;
    this.#emitter = emitter;
  }

  readonly emit: DeviceEmitter['emit'] = (event, ...args) => {
    const name = String(event);
    const gate = this.#gates.get(name) ?? new EventGate(this.#clock);
    this.#gates.set(name, gate);
    const count = gate.pass();
    if (count === undefined) return false;
    if (count > 0) this.#emitter.emit('omitted', { event: name, count });
    return this.#emitter.emit(event, ...args);
  };
}
