/** A write within this time after a delivery counts as the answer to it. */
const ANSWER_TIME_MS = 50;
/** The lag compensates no more lateness than this. */
const MAX_LAG_MS = 25;

/** How much later than due one end gets its bytes, because timers fire late. All times in milliseconds. */
export class Lag {
  #lag = 0;
  #notedAt = -Infinity;

  note(now: number, due: number): void {
    this.#lag = Math.min(Math.max(now - due, 0), MAX_LAG_MS);
    this.#notedAt = now;
  }

  /** The time on the wire when the clock says `now`. */
  time(now: number): number {
    return now - this.#notedAt < ANSWER_TIME_MS ? now - this.#lag : now;
  }
}
