import type { Clock } from '../../clock';
import type { Parser } from '../parser/parser';
import { IdleTimer } from './idle-timer';

/** Milliseconds of port idle time in the middle of a line or data, after which the parser drops it. */
const PARTIAL_FRAME_TIMEOUT_MS = 1500;

/**
 * Partial-frame timeout: drops a line or data that has begun and does not go on, because its length is corrupt or its
 * line end is lost. Only time tells that from a slow port.
 *
 * Until then such data swallows all that the device sends, even responses to probes. Their bytes interrupt the idle time,
 * so the timeout adds up all idle time since the frame began. A line without its end delays a URC until the next line.
 */
export class PartialFrameTimeout {
  readonly #parser: Parser;
  readonly #timer: IdleTimer;
  /** {@link Parser.frameCount} of the frame under watch. */
  #watched = -1;

  constructor(clock: Clock, parser: Parser) {
    this.#parser = parser;
    this.#timer = new IdleTimer(clock);
  }

  /** Call after the parser has taken bytes. @param duration milliseconds that they occupied the port */
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
      if (!this.#parser.unfinished) return;
      const rest = PARTIAL_FRAME_TIMEOUT_MS - this.#timer.idle;
      if (rest > 0) this.#watch(rest);
      else this.#parser.abandon();
    });
  }
}
