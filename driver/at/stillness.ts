/** How much longer than its bytes need a line looks full: there are gaps in it too (USB latency, task switches). */
const FULL = 1.25;
/** Milliseconds by which bytes may be handed over late. Stillness before that was not the time of these bytes. */
const LATE = 200;

/**
 * How long the line has been still since a starting point: the time that passed, less what the received bytes
 * took up on the line. A flood that fills it starves the device's answers by many seconds, and must not look
 * like a dead device; a server that merely speaks often leaves room for an answer, and hides nothing. Time
 * that our own bytes need on the wire does not count either.
 */
export class Stillness {
  #still = 0;
  #since: number;
  /** What of it may turn out to have belonged to bytes that are handed over late. */
  #doubtful = 0;

  constructor(now: number) {
    this.#since = now;
  }

  /** Starts anew; nothing counts before `from`, which may lie ahead. */
  restart(from: number): void {
    this.#still = 0;
    this.#since = from;
    this.#doubtful = 0;
  }

  /** Bytes came in that needed `duration` milliseconds on the line. */
  heard(now: number, duration: number): void {
    const gap = now - this.#since;
    if (gap < 0) return;
    const added = gap - duration * FULL;
    // A burst, or a line faster than assumed, takes nothing away of a stillness that was.
    const counted = Math.max(added, -this.#doubtful);
    this.#still += counted;
    this.#doubtful = Math.min(LATE, this.#doubtful + counted);
    this.#since = now;
  }

  /** Milliseconds of stillness until `now`. */
  until(now: number): number {
    return this.#still + Math.max(0, now - this.#since);
  }
}
