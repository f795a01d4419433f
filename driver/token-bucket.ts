import type { Clock } from './clock';

/** Limits a rate: a burst passes at once, then so many a second. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #perSecond: number;
  #left: number;
  #at: number;

  constructor(clock: Clock, burst: number, perSecond: number) {
    this.#clock = clock;
    this.#burst = this.#left = burst;
    this.#perSecond = perSecond;
    this.#at = clock.now();
  }

  /** Takes a token for an event that passes now. Returns 0, or the whole milliseconds until there is a token. */
  take(): number {
    const now = this.#clock.now();
    const added = ((now - this.#at) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#burst, this.#left + added);
    this.#at = now;
    if (this.#left < 1) return Math.ceil(((1 - this.#left) / this.#perSecond) * 1000);
    this.#left--;
    return 0;
  }
}
