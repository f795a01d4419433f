import type { Clock } from '../clock';
import type { Parser } from './parser/parser';
import { IdleTimer } from './timeouts';

/** Milliseconds of port idle time in the middle of a line or of data after which its rest will not come. */
const PARTIAL_FRAME_TIMEOUT_MS = 1500;

/**
 * Notices a line or data that has begun and does not go on: its length was corrupted, or its line end was lost.
 * Only time tells that from a slow port.
 *
 * Until the parser abandons it, such data swallows whatever the device says, even the answers to probes. Those
 * answers interrupt the idle time, so all of it since the data was announced is added up. A line without its end
 * keeps a URC back until something else is said.
 */
export class PartialFrameTimeout {
  readonly #parser: Parser;
  readonly #timer: IdleTimer;
  /** The frame that is watched, as {@link Parser.frameCount} counts. */
  #watched = -1;

  constructor(clock: Clock, parser: Parser) {
    this.#parser = parser;
    this.#timer = new IdleTimer(clock);
  }

  /** Bytes came in at `now` that took up `duration` milliseconds on the port, and the parser has taken them. */
  heard(now: number, duration: number): void {
    if (!this.#parser.unfinished) return;
    if (this.#watched === this.#parser.frameCount) {
      this.#timer.heard(now, duration);
    } else {
      this.#watched = this.#parser.frameCount;
      this.#timer.restart(now);
      this.#watch(PARTIAL_FRAME_TIMEOUT_MS);
    }
  }

  stop(): void {
    this.#watched = -1;
    this.#timer.stop();
  }

  #watch(left: number): void {
    this.#timer.watch(left, () => {
      if (!this.#parser.unfinished || this.#watched !== this.#parser.frameCount) return;
      const rest = PARTIAL_FRAME_TIMEOUT_MS - this.#timer.idle;
      if (rest > 0) this.#watch(rest);
      else this.#parser.abandon();
    });
  }
}
