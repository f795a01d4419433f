import { callUser } from '../call-user';
import type { Clock } from '../clock';
import { EventGate } from '../event-gate';
import type { DeviceEmitter } from './events';

/**
 * Limits the rate of a device's events, each name by itself. The event `omitted` counts the events left out. An
 * error of a listener becomes an uncaught exception: thrown into the driver, it would look like a failure of the device.
 */
export function limitEvents(clock: Clock, emitter: DeviceEmitter): DeviceEmitter {
  const gates = new Map<string, EventGate>();
  return {
    emit(event, ...args) {
      const name = String(event);
      const gate = gates.get(name) ?? new EventGate(clock);
      gates.set(name, gate);
      const count = gate.pass();
      if (count === undefined) return false;
      if (count > 0) callUser(() => emitter.emit('omitted', { event: name, count }));
      callUser(() => emitter.emit(event, ...args));
      return true;
    },
  };
}
