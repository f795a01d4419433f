import type { Cancel, Clock } from '../driver';

/** A clock whose timers fire late where those of a recorded host did. */
export class LateClock implements Clock {
  readonly #clock: Clock;
  readonly #delayAt: (now: number) => number;

  /** @param delayAt delay, in milliseconds, of a timer that is due now */
  constructor(clock: Clock, delayAt: (now: number) => number) {
    this.#clock = clock;
    this.#delayAt = delayAt;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, callback: () => void): Cancel {
    let cancel = this.#clock.after(ms, () => {
      const delay = this.#delayAt(this.now());
      if (delay > 0) cancel = this.#clock.after(delay, callback);
      else callback();
    });
    return () => cancel();
  }

  afterInput(callback: () => void): Cancel {
    return this.#clock.afterInput(callback);
  }
}
