import type { Cancel, Clock } from '../clock';
import type { Framer } from './framer';

/** Milliseconds of stillness in the middle of data after which its rest will not come. */
const STALL = 1000;

/**
 * Notices data that has begun and does not go on. Only time tells a damaged length from a slow line, and
 * until it is given up such data swallows whatever the device says.
 */
export class DataWatch {
  readonly #clock: Clock;
  readonly #framer: Framer;
  #heardAt = 0;
  #timer: Cancel | undefined;

  constructor(clock: Clock, framer: Framer) {
    this.#clock = clock;
    this.#framer = framer;
  }

  /** Bytes came in, and the framer has taken them. */
  heard(now: number): void {
    this.#heardAt = now;
    if (this.#framer.unfinished && !this.#timer) this.#lookIn(STALL);
  }

  /** No timer is left. */
  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  #lookIn(delay: number): void {
    this.#timer = this.#clock.after(delay, () => {
      this.#timer = undefined;
      if (!this.#framer.unfinished) return;
      const left = STALL - (this.#clock.now() - this.#heardAt);
      if (left > 0) this.#lookIn(left);
      else this.#framer.abandon();
    });
  }
}
