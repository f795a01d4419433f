import type { Clock } from './clock';

/** Lets so many pass at once, and so many a second over time: whatever a device says, it floods neither log nor flow. */
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

  /** Whole milliseconds until one more may pass; 0 where it passes now, and counts. */
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
