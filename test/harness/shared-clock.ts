import type { Cancel, Clock } from '../../driver/clock';

/** A clock with the time of another one, for one user: counts that user's pending calls. */
export class SharedClock implements Clock {
  readonly #clock: Clock;
  readonly #calls = new Set<object>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, callback: () => void): Cancel {
    const call = {};
    this.#calls.add(call);
    const cancel = this.#clock.after(ms, () => {
      this.#calls.delete(call);
      callback();
    });
    return () => {
      this.#calls.delete(call);
      cancel();
    };
  }

  afterInput(callback: () => void): Cancel {
    return this.after(0, callback);
  }

  /** Count of its pending calls. */
  get pending(): number {
    return this.#calls.size;
  }
}
