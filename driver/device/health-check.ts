import type { Cancel, Clock } from '../clock';

/** Milliseconds without a byte after which the device is asked whether it is still there. */
const SILENCE = 30_000;
/** Milliseconds after which it is asked however much it says: a report may have been lost on the line. */
const LONGEST = 120_000;

/** Asks now and then: a device that died or restarted unheard, or a link that only seems open, is found out by it. */
export class HealthCheck {
  readonly #clock: Clock;
  readonly #ask: () => void;
  #heardAt = 0;
  #askedAt = 0;
  #timer: Cancel | undefined;

  /** @param ask called from {@link start} to {@link stop} */
  constructor(clock: Clock, ask: () => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  start(): void {
    this.stop();
    this.#askedAt = this.#clock.now();
    this.#next(SILENCE);
  }

  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  /** The device has said something. */
  heard(): void {
    this.#heardAt = this.#clock.now();
  }

  #next(delay: number): void {
    this.#timer = this.#clock.after(delay, () => {
      const due = Math.min(this.#heardAt + SILENCE, this.#askedAt + LONGEST);
      const left = due - this.#clock.now();
      if (left > 0) return this.#next(left);
      this.start();
      this.#ask();
    });
  }
}
