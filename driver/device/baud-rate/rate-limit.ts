import { LADDER } from './rates';

/** Milliseconds until a rate that has failed is tried again: after its first failure, and at most. */
const FIRST_RETRY_MS = 30 * 60_000;
const LONGEST_RETRY_MS = 24 * 60 * 60_000;
/** The driver lowers the rate once so many responses are lost or corrupt within a time. */
const MAX_LOST_RESPONSES = 2;
const LOST_RESPONSES_MS = 5 * 60_000;

/** What a device has learned of the baud rates of its port, in bits a second. */
export class RateLimit {
  /** False once the device was silent while it waited for CTS. */
  wiresWork = true;
  #failed = Infinity;
  #doubted: number | undefined;
  #failures = 0;
  #retryAt = -Infinity;
  #outOfSyncAt: number[] = [];
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
    this.#outOfSyncAt = [];
  }

  /** The device was silent at a rate: it does not work, or the device has restarted. The second time it counts. */
  silent(rate: number, now: number): void {
    if (this.#doubted === rate) this.failed(rate, now);
    this.#doubted = rate;
  }

  /** Counts a response that is lost or corrupt; returns whether the driver has to lower the rate. */
  outOfSync(now: number): boolean {
    this.#outOfSyncAt = [...this.#outOfSyncAt.filter((at) => now - at < LOST_RESPONSES_MS), now];
    return this.#outOfSyncAt.length >= MAX_LOST_RESPONSES;
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
