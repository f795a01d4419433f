import type { Cancel, Clock } from '../clock';

/**
 * How much longer than its bytes need a port counts as busy: USB latency and task switches leave gaps in a
 * stream that fills it.
 */
const GAP_FACTOR = 1.25;
/** Milliseconds by which bytes may be delivered late. Idle time before that was not the time of these bytes. */
const LATEST_DELIVERY_MS = 200;

/** When a transaction probes the device, in milliseconds of port idle time. */
export interface TimeoutPolicy {
  /** Until the device is probed for its final result. */
  readonly probeForResultMs: number;
  /** Until the device is probed for its prompt. */
  readonly probeForPromptMs: number;
  /** In which an idle device, or one at work, answers a probe. */
  readonly probeAnswerMs: number;
}

/**
 * At the rate the device starts with a silent device is at work. At a negotiated rate it may have restarted, and
 * talk at another rate since: silence soon has a meaning.
 */
export const TIMEOUT_POLICY = {
  portRate: { probeForResultMs: 4000, probeForPromptMs: 1500, probeAnswerMs: 1500 },
  negotiatedRate: { probeForResultMs: 500, probeForPromptMs: 500, probeAnswerMs: 500 },
} as const satisfies Record<string, TimeoutPolicy>;

/**
 * Measures for how long the port has been idle: the time that passed, less what the received bytes took up on
 * the port. A flood that fills the port delays the device's responses by many seconds, and must not look like a
 * dead device; a server that sends often leaves room for a response, and hides nothing. Time that written
 * bytes need on the port does not count either.
 *
 * One timer serves all waits; in a stream of quick transactions it is hardly ever touched.
 */
export class IdleTimer {
  readonly #clock: Clock;
  #idle = 0;
  #since: number;
  /** What of the idle time may turn out to have belonged to bytes that are delivered late. */
  #doubtful = 0;
  #timer: Cancel | undefined;
  #due = 0;
  #check: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  /** Milliseconds of port idle time since {@link restart}. */
  get idle(): number {
    return this.#idle + Math.max(0, this.#clock.now() - this.#since);
  }

  /** Starts anew. Nothing counts before `from`, which may lie ahead. */
  restart(from: number): void {
    this.#idle = 0;
    this.#since = from;
    this.#doubtful = 0;
  }

  /** @param duration milliseconds that the bytes received at `now` took up on the port */
  heard(now: number, duration: number): void {
    const gap = now - this.#since;
    if (gap < 0) return;
    const added = gap - duration * GAP_FACTOR;
    // A burst, or a port faster than assumed, takes nothing away from idle time that has passed.
    const counted = Math.max(added, -this.#doubtful);
    this.#idle += counted;
    this.#doubtful = Math.min(LATEST_DELIVERY_MS, this.#doubtful + counted);
    this.#since = now;
  }

  /**
   * Calls `check` once, at the latest when the port has been idle for `left` milliseconds more. It may be sooner,
   * and {@link idle} less by then: `check` looks, and watches again. The last `check` given is the one called.
   */
  watch(left: number, check: () => void): void {
    const now = this.#clock.now();
    this.#check = check;
    const due = now + Math.max(1, left + Math.max(0, this.#since - now));
    if (this.#timer && this.#due <= due) return;
    this.#timer?.();
    this.#due = due;
    this.#timer = this.#clock.after(due - now, () => {
      this.#timer = undefined;
      this.#check();
    });
  }

  /** Ends the watch. */
  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
  }
}
