import type { Clock } from '../clock';
import type { Parser } from './parser/parser';
import { IdleTimer } from './timeouts';

/** Milliseconds of stillness in the middle of a line or of data after which its rest will not come. */
const STALL = 1500;

/**
 * Notices a line or data that has begun and does not go on: its length was damaged, or its line end was lost.
 * Only time tells that from a slow line.
 *
 * Until the framer gives it up, such data swallows whatever the device says, even the answers to probes. Those
 * answers interrupt the stillness, so all of it since the data was announced is added up. A line without its end
 * keeps a report back until something else is said.
 */
export class StallWatch {
  readonly #framer: Parser;
  readonly #timer: IdleTimer;
  #watched = -1;

  constructor(clock: Clock, framer: Parser) {
    this.#framer = framer;
    this.#timer = new IdleTimer(clock);
  }

  /** Bytes came in that needed `duration` milliseconds on the line, and the framer has taken them. */
  heard(now: number, duration: number): void {
    if (!this.#framer.unfinished) return;
    if (this.#watched === this.#framer.frameCount) {
      this.#timer.heard(now, duration);
    } else {
      this.#watched = this.#framer.frameCount;
      this.#timer.restart(now);
      this.#watch(STALL);
    }
  }

  /** No timer is left. */
  stop(): void {
    this.#watched = -1;
    this.#timer.stop();
  }

  #watch(left: number): void {
    this.#timer.watch(left, () => {
      if (!this.#framer.unfinished || this.#watched !== this.#framer.frameCount) return;
      const rest = STALL - this.#timer.idle;
      if (rest > 0) this.#watch(rest);
      else this.#framer.abandon();
    });
  }
}
