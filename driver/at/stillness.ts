/** Gaps up to this many milliseconds are how a busy line looks (USB latency, TCP, task switches). */
const BUSY_GAP = 60;

/**
 * How long the line has been still since a starting point. Time in which bytes stream in without a gap
 * does not count: a flood from a server starves the device's answers by many seconds, and must not
 * look like a dead device. Time that our own bytes need on the wire does not count either.
 */
export class Stillness {
  #still = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** Starts anew; nothing counts before `from`, which may lie ahead. */
  restart(from: number): void {
    this.#still = 0;
    this.#since = from;
  }

  /** Bytes came in. */
  heard(now: number): void {
    const gap = now - this.#since;
    if (gap <= 0) return;
    if (gap > BUSY_GAP) this.#still += gap - BUSY_GAP;
    this.#since = now;
  }

  /** Milliseconds of stillness until `now`. */
  until(now: number): number {
    return this.#still + Math.max(0, now - this.#since);
  }
}
