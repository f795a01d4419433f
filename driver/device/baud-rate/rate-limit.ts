import { LADDER } from './rates';

/** Milliseconds until the driver tries a failed rate again: after the first failure, and at most. Each failure doubles it. */
const FIRST_RETRY_MS = 30 * 60_000;
const MAX_RETRY_MS = 24 * 60 * 60_000;
/** This many lost or corrupt responses in this many milliseconds make the driver lower the rate. */
const MAX_LOST_RESPONSES = 2;
const LOST_RESPONSES_WINDOW_MS = 5 * 60_000;

/** Result of a climb, see {@link Climb}. */
interface ClimbResult {
  readonly good: { readonly rate: number };
  readonly failedRate: number | undefined;
  readonly mayHaveRestarted: boolean;
  readonly wiresFailed: boolean;
}

/** What the driver knows of the baud rates of a port, in bits a second. */
export class RateLimit {
  /** False once the device, told to wait for CTS, has failed. */
  wiresWork = true;
  /** The rate that has failed, and the time of the clock at which the driver may try it again. */
  #failed: { readonly rate: number; readonly retryAt: number } | undefined;
  /** The rate at which the device was silent in an earlier climb. */
  #silentRate: number | undefined;
  #failures = 0;
  #lostResponsesAt: number[] = [];
  #rateAtLoss: number | undefined;

  /** When the driver may try the failed rate again; undefined where none has failed. */
  get retryAt(): number | undefined {
    return this.#failed?.retryAt;
  }

  /** The highest rate to use. */
  ceiling(now: number): number {
    const failed = this.#failed;
    if (!failed || now >= failed.retryAt) return Infinity;
    return LADDER.findLast((rate) => rate < failed.rate) ?? 0;
  }

  /** A rate does not work. */
  rateFailed(rate: number, now: number): void {
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** this.#failures++, MAX_RETRY_MS);
    this.#failed = { rate, retryAt: now + retryMs };
    this.#lostResponsesAt = [];
  }

  /**
   * A climb has ended. A rate at which the device was silent has failed only the second time, because the device may have
   * restarted; but at once where the device then answers at no rate: it may need a power cycle.
   */
  climbed(
    { good, failedRate, mayHaveRestarted, wiresFailed }: ClimbResult,
    isFound: boolean,
    now: number,
  ): void {
    if (wiresFailed) this.wiresWork = false;
    if (this.#failed && good.rate >= this.#failed.rate) this.#failed = undefined;
    if (failedRate === undefined) return;
    if (!isFound || !mayHaveRestarted || this.#silentRate === failedRate)
      this.rateFailed(failedRate, now);
    if (mayHaveRestarted) this.#silentRate = failedRate;
  }

  /** A response is lost or corrupt. Returns whether that happens too often. */
  responseLost(now: number): boolean {
    const recent = this.#lostResponsesAt.filter((at) => now - at < LOST_RESPONSES_WINDOW_MS);
    this.#lostResponsesAt = [...recent, now];
    return this.#lostResponsesAt.length >= MAX_LOST_RESPONSES;
  }

  /** The device does not answer at a rate. */
  deviceLost(rate: number | undefined): void {
    this.#rateAtLoss = rate;
  }

  /**
   * The driver has found the device. If it is still at the rate at which it was lost, that rate does not work. Returns
   * whether it is at another one: then it has restarted, or the port ignores rates.
   */
  deviceFound(rate: number | undefined, now: number): boolean {
    const before = this.#rateAtLoss;
    this.#rateAtLoss = undefined;
    if (rate === undefined || before === undefined) return false;
    if (rate === before) this.rateFailed(rate, now);
    return rate !== before;
  }
}
