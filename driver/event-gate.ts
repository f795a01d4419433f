import type { Clock } from './clock';
import { TokenBucket } from './token-bucket';

/** Events that pass at once, then so many a second. */
const BURST = 20;
const PER_SECOND = 2;

/** Limits the rate of one kind of event, so that no device and no server floods log or flow. */
export class EventGate {
  readonly #bucket: TokenBucket;
  #omitted = 0;

  constructor(clock: Clock) {
    this.#bucket = new TokenBucket(clock, BURST, PER_SECOND);
  }

  /** Returns the number of events omitted since the last one that passed; undefined: omit this one. */
  pass(): number | undefined {
    if (this.#bucket.take() > 0) {
      this.#omitted++;
      return undefined;
    }
    const omitted = this.#omitted;
    this.#omitted = 0;
    return omitted;
  }
}
