import { Backoff } from './backoff';
import type { Cancel, Clock } from '../clock';

/** Milliseconds to the first and the longest pause after attempts that were refused at once. */
const FIRST = 1000;
const LONGEST = 60_000;
/** An attempt that takes long keeps the device from all other links: the longest pause grows to so many times its length. */
const SHARE = 12;
/** Milliseconds that no pause exceeds. */
const LONGEST_EVER = 300_000;
/** Milliseconds that a connection must last for the next loss to be retried soon again. */
const STEADY = 10_000;
/**
 * Milliseconds from an opening to a restart of the device that may have brought it about: old firmware does not
 * survive a server that closes at once (class A).
 */
const FRAGILE = 1000;
/** How many such restarts in a row are taken for chance. */
const CHANCE = 5;

/** When a link that is to be kept open is tried again: one attempt at a time, after growing pauses. */
export class ReconnectPolicy {
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  readonly #attempt: () => void;
  #timer: Cancel | undefined;
  /** When the device began with the attempt that has not ended. */
  #begunAt: number | undefined;
  #openedAt: number | undefined;
  /** How often in a row the device went down while the link was being opened, or soon after. */
  #falls = 0;

  /**
   * @param random numbers from 0 up to 1
   * @param attempt what is done when its time has come
   */
  constructor(clock: Clock, random: () => number, attempt: () => void) {
    this.#clock = clock;
    this.#backoff = new Backoff(FIRST, LONGEST, random);
    this.#attempt = attempt;
  }

  /** The device has begun with an attempt, whosever it is. */
  begun(): void {
    this.#begunAt = this.#clock.now();
  }

  /** Tries after the next pause, whose milliseconds it returns. */
  later(): number {
    const took = this.#clock.now() - (this.#begunAt ?? this.#clock.now());
    this.#begunAt = undefined;
    const share = Math.min(LONGEST_EVER, Math.max(LONGEST, SHARE * took));
    const pause = this.#backoff.next(this.perilous ? LONGEST_EVER : share);
    this.in(pause);
    return pause;
  }

  /** Tries in so many milliseconds, instead of whenever it would have tried. */
  in(pause: number): void {
    this.stop();
    this.#timer = this.#clock.after(pause, () => {
      this.#timer = undefined;
      this.#attempt();
    });
  }

  /** What it failed for is over: instead of some time later, tries now. Nothing if it is not to try. */
  hasten(): void {
    if (!this.#timer) return;
    this.#backoff.reset();
    this.in(0);
  }

  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
  }

  /** The link is open. */
  opened(): void {
    this.stop();
    this.#begunAt = undefined;
    this.#openedAt = this.#clock.now();
  }

  /** The connection has ended; one that lasted has earned a quick first retry. */
  ended(): void {
    const lasted = this.#lasted;
    this.#openedAt = undefined;
    if (lasted === undefined || lasted <= STEADY) return;
    this.#backoff.reset();
    this.#falls = 0;
  }

  /** The device went down while the link was open, or being opened. */
  fell(): void {
    const fragile = this.#begunAt !== undefined || (this.#lasted ?? FRAGILE) < FRAGILE;
    this.#falls = fragile ? this.#falls + 1 : 0;
    this.#begunAt = undefined;
  }

  /** Milliseconds since the link was opened; undefined while there is no connection. */
  get #lasted(): number | undefined {
    return this.#openedAt === undefined ? undefined : this.#clock.now() - this.#openedAt;
  }

  /** Whether opening the link seems to bring the device down, and with it all other links. */
  get perilous(): boolean {
    return this.#falls > CHANCE;
  }
}
