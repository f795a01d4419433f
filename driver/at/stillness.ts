/** How much longer than its bytes need a line looks full: there are gaps in it too (USB latency, task switches). */
const FULL = 1.25;

/**
 * How long the line has been still since a starting point: the time that passed, less what the received bytes
 * took up on the line. A flood that fills it starves the device's answers by many seconds, and must not look
 * like a dead device; a server that merely speaks often leaves room for an answer, and hides nothing. Time
 * that our own bytes need on the wire does not count either.
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

  /** Bytes came in that needed `duration` milliseconds on the line. */
  heard(now: number, duration: number): void {
    const gap = now - this.#since;
    if (gap < 0) return;
    // Never below nothing: what was held up on its way here says nothing about the time to come.
    this.#still = Math.max(0, this.#still + gap - duration * FULL);
    this.#since = now;
  }

  /** Milliseconds of stillness until `now`. */
  until(now: number): number {
    return this.#still + Math.max(0, now - this.#since);
  }
}
