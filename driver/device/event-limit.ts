import type { Clock } from '../clock';
import type { DeviceEmitter } from './events';
import { TokenBucket } from '../token-bucket';

/** Events of one name: a burst that passes at once, then so many a second. */
const BURST = 20;
const PER_SECOND = 2;

/** The events of one name: the limit, and how many it has omitted since the last that passed. */
interface Passage {
  readonly limit: TokenBucket;
  omitted: number;
}

/**
 * Limits the rate of a device's events, each name by itself, so that no device floods log or flow. The event `omitted`
 * comes before the next one that passes.
 */
export class EventLimit implements DeviceEmitter {
  readonly #clock: Clock;
  readonly #emitter: DeviceEmitter;
  readonly #passages = new Map<string, Passage>();

  constructor(clock: Clock, emitter: DeviceEmitter) {
    this.#clock = clock;
    this.#emitter = emitter;
  }

  readonly emit: DeviceEmitter['emit'] = (event, ...args) => {
    const passage = this.#passage(String(event));
    if (passage.limit.take() > 0) {
      passage.omitted++;
      return false;
    }
    const count = passage.omitted;
    passage.omitted = 0;
    if (count > 0) this.#emitter.emit('omitted', { event: String(event), count });
    return this.#emitter.emit(event, ...args);
  };

  #passage(event: string): Passage {
    const known = this.#passages.get(event);
    if (known) return known;
    const passage = { limit: new TokenBucket(this.#clock, BURST, PER_SECOND), omitted: 0 };
    this.#passages.set(event, passage);
    return passage;
  }
}
