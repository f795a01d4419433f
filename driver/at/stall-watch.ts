import type { Cancel, Clock } from '../clock';
import type { Parser } from './parser/parser';
import { Stillness } from './stillness';

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
  readonly #clock: Clock;
  readonly #framer: Parser;
  readonly #still: Stillness;
  #watched = -1;
  #timer: Cancel | undefined;

  constructor(clock: Clock, framer: Parser) {
    this.#clock = clock;
    this.#framer = framer;
    this.#still = new Stillness(clock.now());
  }

  /** Bytes came in that needed `duration` milliseconds on the line, and the framer has taken them. */
  heard(now: number, duration: number): void {
    if (!this.#framer.unfinished) return;
    if (this.#watched === this.#framer.frameCount) {
      this.#still.heard(now, duration);
    } else {
      this.#watched = this.#framer.frameCount;
      this.#still.restart(now);
    }
    if (!this.#timer) this.#lookIn(STALL);
  }

  /** No timer is left. */
  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  #lookIn(delay: number): void {
    this.#timer = this.#clock.after(delay, () => {
      this.#timer = undefined;
      if (!this.#framer.unfinished || this.#watched !== this.#framer.frameCount) return;
      const left = STALL - this.#still.until(this.#clock.now());
      if (left > 0) this.#lookIn(Math.max(1, left));
      else this.#framer.abandon();
    });
  }
}
