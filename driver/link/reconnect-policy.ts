import { Backoff } from '../backoff';

/** Milliseconds: the first delay, and the limit after attempts that failed at once. */
const FIRST_DELAY_MS = 1000;
const DELAY_LIMIT_MS = 60_000;
/** The delay limit is this many times the duration of the attempt, because an attempt blocks the other links. */
const ATTEMPT_FACTOR = 12;
/** No delay exceeds this. */
const MAX_DELAY_MS = 300_000;
/** After a connection that lasted longer, the delays start afresh. */
const STABLE_CONNECTION_MS = 10_000;
/**
 * The open probably caused a restart of the device within this time: class A firmware restarts when a server closes at
 * once.
 */
const CRASH_WINDOW_MS = 1000;
/** Such restarts in a row that may be chance; one more is a crash loop. */
const TOLERATED_CRASHES = 5;

/** Decides when keep-open tries again: after delays that double, and longer ones while opens crash the device. */
export class ReconnectPolicy {
  readonly #backoff: Backoff;
  #crashes = 0;
  /** Start of the attempt under way. */
  #attemptAt: number | undefined;
  /** Milliseconds that an attempt took which has failed just now; otherwise 0. */
  #attemptMs = 0;
  /** Start of the connection. */
  #openedAt: number | undefined;

  /** @param random numbers from 0 up to 1 */
  constructor(random: () => number) {
    this.#backoff = new Backoff(FIRST_DELAY_MS, DELAY_LIMIT_MS, random);
  }

  /** Whether opening the link seems to crash the device, and with it all other links. */
  get crashLoop(): boolean {
    return this.#crashes > TOLERATED_CRASHES;
  }

  /** An attempt has begun: its first command goes out. */
  attemptStarted(now: number): void {
    this.#attemptAt = now;
  }

  /** Returns the milliseconds until the next attempt. */
  nextDelay(): number {
    const limit = this.crashLoop
      ? MAX_DELAY_MS
      : Math.max(DELAY_LIMIT_MS, ATTEMPT_FACTOR * this.#attemptMs);
    return this.#backoff.next(Math.min(MAX_DELAY_MS, limit));
  }

  opened(now: number): void {
    this.#attemptAt = undefined;
    this.#openedAt = now;
  }

  /** The attempt, or the connection, has ended. */
  ended(now: number): void {
    this.#attemptMs = now - (this.#attemptAt ?? now);
    this.#attemptAt = undefined;
    const stable = this.#openedAt !== undefined && now - this.#openedAt > STABLE_CONNECTION_MS;
    this.#openedAt = undefined;
    if (!stable) return;
    this.#backoff.reset();
    this.#crashes = 0;
  }

  /** The device restarted, or became unresponsive, while the link was not closed. */
  deviceLost(now: number): void {
    const justOpened = this.#openedAt !== undefined && now - this.#openedAt < CRASH_WINDOW_MS;
    this.#crashes = justOpened || this.#attemptAt !== undefined ? this.#crashes + 1 : 0;
    this.#attemptAt = undefined;
  }

  /** The device has a network again: the delays start afresh. */
  networkBack(): void {
    this.#backoff.reset();
  }
}
