import { LADDER } from './rates';

/** Milliseconds until a rate that has failed is tried again: after its first failure, and at most. */
const FIRST_RETRY_MS = 30 * 60_000;
const LONGEST_RETRY_MS = 24 * 60 * 60_000;
/** How often a response may be lost or damaged within a time until the driver lowers the rate. */
const MAX_DAMAGES = 2;
const DAMAGES_MS = 5 * 60_000;

/** What a device has learned of the baud rates of its port, in bits a second. */
export class RateLimit {
  /** False once the device was silent while it waited for CTS. */
  wiresWork = true;
  #failed = Infinity;
  #doubted: number | undefined;
  #failures = 0;
  #retryAt = -Infinity;
  #damagedAt: number[] = [];
  #lostAt: number | undefined;

  /** Milliseconds of the clock at which the failed rate may be tried again; undefined where none has failed. */
  get retryAt(): number | undefined {
    return this.#failed === Infinity ? undefined : this.#retryAt;
  }

  /** The highest rate to use. */
  ceiling(now: number): number {
    if (now >= this.#retryAt) return Infinity;
    return LADDER.findLast((rate) => rate < this.#failed) ?? 0;
  }

  /** A rate does not work. */
  failed(rate: number, now: number): void {
    this.#failed = rate;
    this.#retryAt = now + Math.min(FIRST_RETRY_MS * 2 ** this.#failures, LONGEST_RETRY_MS);
    this.#failures++;
    this.#damagedAt = [];
  }

  /** The device was silent at a rate: it does not work, or the device has restarted. The second time it counts. */
  silent(rate: number, now: number): void {
    if (this.#doubted === rate) this.failed(rate, now);
    this.#doubted = rate;
  }

  /** A response was lost or damaged; returns whether that happens too often. */
  damaged(now: number): boolean {
    this.#damagedAt = [...this.#damagedAt.filter((at) => now - at < DAMAGES_MS), now];
    return this.#damagedAt.length >= MAX_DAMAGES;
  }

  /** The device does not answer at a rate. */
  lost(rate: number | undefined): void {
    this.#lostAt = rate;
  }

  /** The device was found. Where it is still at the rate at which it was lost, that does not work. */
  found(rate: number | undefined, now: number): void {
    if (rate !== undefined && rate === this.#lostAt) this.failed(rate, now);
    this.#lostAt = undefined;
  }
}
