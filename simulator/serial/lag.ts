/** A write within this time after a delivery counts as the response to it. */
const RESPONSE_WINDOW_MS = 50;
/** The lag compensates no more lateness than this. */
const MAX_LAG_MS = 25;

/** Compensates for timers that deliver bytes to one end too late. All times in milliseconds. */
export class Lag {
  #lag = 0;
  #notedAt = -Infinity;

  noteDelivery(now: number, due: number): void {
    this.#lag = Math.min(Math.max(now - due, 0), MAX_LAG_MS);
    this.#notedAt = now;
  }

  /** When a write at `now` would have happened without the lag. */
  wireTime(now: number): number {
    return now - this.#notedAt < RESPONSE_WINDOW_MS ? now - this.#lag : now;
  }
}
