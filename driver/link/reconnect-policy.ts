/** Milliseconds: the first delay, and the limit after attempts that failed at once. */
const FIRST_DELAY_MS = 1000;
const DELAY_LIMIT_MS = 60_000;
/** The delay limit is this many times the duration of the attempt, because an attempt blocks the other links. */
const ATTEMPT_SHARE = 12;
/** No delay exceeds this. */
const MAX_DELAY_MS = 300_000;
/** A connection that lasted longer starts the delays afresh. */
const STABLE_CONNECTION_MS = 10_000;
/**
 * A restart of the device this soon after an open was probably caused by it: class A firmware restarts when a
 * server closes at once.
 */
const CRASH_WINDOW_MS = 1000;
/** This many such restarts in a row may be chance; one more is a crash loop. */
const TOLERATED_CRASHES = 5;

/** When keep-open tries again: delays that double, with jitter, and a longer one while opens crash the device. */
export class ReconnectPolicy {
  readonly #random: () => number;
  #attempts = 0;
  #crashes = 0;
  /** Start of the attempt under way. */
  #attemptAt: number | undefined;
  /** Start of the connection. */
  #openedAt: number | undefined;

  /** @param random numbers from 0 up to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether opening the link seems to crash the device, and with it all other links. */
  get crashLoop(): boolean {
    return this.#crashes > TOLERATED_CRASHES;
  }

  /** The device has begun with an attempt. */
  attemptStarted(now: number): void {
    this.#attemptAt = now;
  }

  /** The attempt has failed, or the connection has ended: returns the milliseconds until the next attempt. */
  nextDelay(now: number): number {
    const duration = now - (this.#attemptAt ?? now);
    this.#attemptAt = undefined;
    const share = Math.min(MAX_DELAY_MS, Math.max(DELAY_LIMIT_MS, ATTEMPT_SHARE * duration));
    const limit = this.crashLoop ? MAX_DELAY_MS : share;
    const delay = Math.min(limit, FIRST_DELAY_MS * 2 ** Math.min(this.#attempts++, 30));
    // Up to a quarter less, so that many devices do not reconnect at once.
    return Math.round(delay * (1 - this.#random() / 4));
  }

  opened(now: number): void {
    this.#attemptAt = undefined;
    this.#openedAt = now;
  }

  /** The connection has ended; harmless when there was none. */
  ended(now: number): void {
    const stable = this.#openedAt !== undefined && now - this.#openedAt > STABLE_CONNECTION_MS;
    this.#openedAt = undefined;
    if (!stable) return;
    this.#attempts = 0;
    this.#crashes = 0;
  }

  /** The device restarted, or became unresponsive, while the link was open or opening. */
  deviceLost(now: number): void {
    const young = this.#openedAt !== undefined && now - this.#openedAt < CRASH_WINDOW_MS;
    this.#crashes = young || this.#attemptAt !== undefined ? this.#crashes + 1 : 0;
    this.#attemptAt = undefined;
  }

  /** The reason for the failures is gone: the delays start afresh. */
  networkBack(): void {
    this.#attempts = 0;
  }
}
