import { LATE_MS, type Cancel, type Clock } from '../../clock';

/**
 * A port counts as busy for so many times the time that its bytes need: USB latency and task switches leave gaps in a
 * stream that fills it.
 */
const GAP_FACTOR = 1.25;
/** Milliseconds by which bytes may be delivered late: so much counted idle time, and no more, may have been theirs. */
const LATEST_DELIVERY_MS = 200;
/** Milliseconds of a slice, the unit in which idle time counts. */
const SLICE_MS = 250;
/** Milliseconds by which a slice may end late, as on any busy machine, and still count. */
const SLICE_TOLERANCE_MS = 15;
/** Milliseconds of the slice after a late one: a thread pool needs several turns to read. */
const LEAST_SLICE_MS = 50;

/** When a transaction probes the device, in milliseconds of port idle time. */
export interface TimeoutPolicy {
  /** Until the device is probed for its final result. */
  readonly probeForResultMs: number;
  /** Until a prompt, which needs no network. A due prompt is never probed for: the probe may become payload. */
  readonly promptTimeoutMs: number;
  /** In which an idle device, or one at work, answers a probe. */
  readonly probeAnswerMs: number;
  /** How many times as long as usual a response may take; the times above contain it. */
  readonly slowness: number;
}

/**
 * At the rate that the device starts with, silence means that it is at work. At a negotiated rate it may have restarted,
 * and talk at another rate since: silence soon has a meaning.
 */
export const TIMEOUT_POLICY = {
  portRate: { probeForResultMs: 4000, promptTimeoutMs: 4000, probeAnswerMs: 1500, slowness: 1 },
  negotiatedRate: { probeForResultMs: 500, promptTimeoutMs: 1000, probeAnswerMs: 500, slowness: 1 },
} as const satisfies Record<string, TimeoutPolicy>;

/** Returns the policy for responses that take so many times as long. */
export function slower(policy: TimeoutPolicy, slowness: number): TimeoutPolicy {
  if (slowness === 1) return policy;
  return {
    probeForResultMs: policy.probeForResultMs * slowness,
    promptTimeoutMs: policy.promptTimeoutMs * slowness,
    probeAnswerMs: policy.probeAnswerMs * slowness,
    slowness,
  };
}

/**
 * Measures for how long the port has been idle: the time that passed, less what the received bytes took up on
 * the port. A flood that fills the port delays the device's responses by many seconds, and must not look like a
 * dead device; a server that sends often, but does not fill it, leaves room for a response. Time that written
 * bytes need on the port does not count either.
 *
 * Time counts in slices, and only as far as the event loop turned: while it is blocked, nothing is heard. Before a
 * check there is always a slice that ended in time.
 *
 * One timer serves all waits; in a stream of quick transactions it is hardly ever touched.
 */
export class IdleTimer {
  readonly #clock: Clock;
  #idle = 0;
  #from: number;
  /** Up to when time has been counted. */
  #since: number;
  /** Milliseconds of blocks of the event loop. */
  #blocked = 0;
  #sliceStart = 0;
  /** When the current slice ends. Later time does not count: an event loop that is blocked hears nothing. */
  #sliceEnd = Infinity;
  #isLate = false;
  /** What of the idle time may turn out to have belonged to bytes that are delivered late. */
  #doubtful = 0;
  #timer: Cancel | undefined;
  #due = 0;
  #check: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#from = this.#since = clock.now();
  }

  /** Milliseconds of port idle time since {@link restart}. */
  get idle(): number {
    return this.#idle + Math.max(0, Math.min(this.#clock.now(), this.#sliceEnd) - this.#since);
  }

  /** Milliseconds since {@link restart} in which the event loop turned, while it {@link watch}es. */
  get elapsed(): number {
    const now = this.#clock.now();
    // Input may be read before the late timer runs.
    const blocked = this.#blocked + (this.#timer ? this.#blockedIn(now) : 0);
    return Math.max(0, now - this.#from - blocked);
  }

  /** Starts anew. Nothing counts before `from`, which may lie ahead. */
  restart(from: number): void {
    this.#idle = 0;
    this.#from = this.#since = from;
    this.#blocked = 0;
    this.#doubtful = 0;
  }

  /** @param duration milliseconds that the bytes received at `now` took up on the port */
  heard(now: number, duration: number): void {
    const gap = Math.min(now, this.#sliceEnd) - this.#since;
    // A burst, or a port faster than assumed, takes nothing away from idle time that has passed.
    if (now >= this.#since)
      this.#count(Math.max(gap - duration * GAP_FACTOR, -this.#doubtful), now);
  }

  /**
   * Calls `check` once, at the latest when the port has been idle for `left` milliseconds more. The call may come
   * sooner: `check` then compares {@link idle}, and watches again. A newer `check` replaces the one before.
   */
  watch(left: number, check: () => void): void {
    const now = this.#clock.now();
    this.#check = check;
    const due = now + Math.max(1, left + Math.max(0, this.#since - now));
    if (this.#timer && this.#due <= due) return;
    this.#due = due;
    this.#startSlice(now);
  }

  /** Ends the watch. */
  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#sliceEnd = Infinity;
  }

  #startSlice(now: number): void {
    this.#timer?.();
    const least = this.#isLate ? LEAST_SLICE_MS : 0;
    const planned = Math.max(least, Math.min(SLICE_MS, this.#due - now));
    this.#sliceStart = now;
    this.#sliceEnd = now + planned;
    this.#timer = this.#clock.after(planned, () => this.#endSlice());
  }

  /** The time by which a slice ends late does not count, nor does as much of the slice: input was read late too. */
  #endSlice(): void {
    const now = this.#clock.now();
    const late = now - this.#sliceEnd;
    const gap = this.#sliceEnd - Math.max(this.#since, this.#sliceStart);
    this.#isLate = late > SLICE_TOLERANCE_MS;
    this.#blocked += this.#blockedIn(now);
    this.#count(Math.max(0, gap - (this.#isLate ? late : 0)), Math.max(now, this.#since));
    // Reads the input that is there before it checks.
    this.#timer = this.#clock.afterInput(() => {
      this.#timer = undefined;
      const after = this.#clock.now();
      if (this.#isLate || after < this.#due) this.#startSlice(after);
      else this.#check();
    });
  }

  /** Milliseconds of the current slice and after it for which the loop was blocked, as far as its lateness tells. */
  #blockedIn(now: number): number {
    const late = now - this.#sliceEnd;
    if (late <= LATE_MS) return 0;
    const start = Math.max(this.#from, this.#sliceStart, this.#sliceEnd - late);
    return Math.max(0, now - start);
  }

  #count(added: number, now: number): void {
    this.#idle += added;
    this.#doubtful = Math.min(LATEST_DELIVERY_MS, this.#doubtful + added);
    this.#since = now;
  }
}
