import { BLOCKED_LOOP_MS, type Cancel, type Clock } from '../../clock';

/** Bytes count with this multiple of their time on the port: USB latency and task switches leave gaps in a full stream. */
const GAP_FACTOR = 1.25;
/** Milliseconds by which the system may deliver bytes late: the idle time counted meanwhile, up to so much, is undone. */
const MAX_DELIVERY_DELAY_MS = 200;
/** Milliseconds of a slice, the unit in which idle time counts. */
const SLICE_MS = 250;
/** Milliseconds by which a slice may end late, as on any busy machine, and still count. */
const SLICE_TOLERANCE_MS = 15;
/** Least milliseconds of a slice after a late one: a thread pool needs several turns to read. */
const MIN_SLICE_AFTER_LATE_MS = 50;
/**
 * Late slices in a row, after which late ones count in full: an event loop that blocks again and again does not put off
 * a check for ever. In so many turns it has read a response that was there.
 */
const MAX_LATE_SLICES = 10;

/**
 * Measures port idle time: the time that passed, less the time that received bytes took on the port. A flood that fills
 * the port delays the device's responses by many seconds, and must not look like an unresponsive device. A server that sends
 * often, but does not fill the port, leaves room for a response.
 *
 * Time counts in slices. A slice that ends late counts less: a blocked event loop reads nothing. A check follows a slice
 * that ended in time, or {@link MAX_LATE_SLICES} late ones.
 *
 * One timer serves all waits: quick transactions in a row start no timer of their own.
 */
export class IdleTimer {
  readonly #clock: Clock;
  #idle = 0;
  #slowness = 1;
  /** Clock time of the start, see {@link restart}. */
  #from: number;
  /** Clock time up to which time has been counted. */
  #since: number;
  /** Milliseconds for which the event loop was blocked since the start. */
  #blocked = 0;
  #sliceStart = 0;
  /** Clock time at which the current slice ends. Later time does not count. */
  #sliceEnd = Infinity;
  /** Late slices in a row. */
  #lateSlices = 0;
  /** Milliseconds of the idle time that bytes delivered late may take back. */
  #revocable = 0;
  #timer: Cancel | undefined;
  #due = 0;
  #check: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#from = this.#since = clock.now();
  }

  /** Milliseconds of port idle time since {@link restart}, divided by the slowness. */
  get idle(): number {
    const slice = Math.max(0, Math.min(this.#clock.now(), this.#sliceEnd) - this.#since);
    return (this.#idle + slice) / this.#slowness;
  }

  /**
   * Milliseconds since {@link restart}, less those of a {@link watch} in which the event loop was blocked, divided by the
   * slowness.
   */
  get elapsed(): number {
    const now = this.#clock.now();
    // The event loop may read input before it runs the late timer.
    const blocked = this.#blocked + this.#blockedIn(now);
    return Math.max(0, now - this.#from - blocked) / this.#slowness;
  }

  /**
   * Starts anew. Nothing counts before `from`, which may lie ahead.
   * @param slowness how many times as long as usual a response may take
   */
  restart(from: number, slowness = 1): void {
    this.#idle = 0;
    this.#slowness = slowness;
    this.#from = this.#since = from;
    this.#blocked = 0;
    this.#lateSlices = 0;
    this.#revocable = 0;
  }

  /** Call when bytes come in. @param duration milliseconds that they occupied the port */
  heard(now: number, duration: number): void {
    const gap = Math.min(now, this.#sliceEnd) - this.#since;
    // Received bytes take back no more than the revocable idle time, however many come at once.
    if (now >= this.#since)
      this.#count(Math.max(gap - duration * GAP_FACTOR, -this.#revocable), now);
  }

  /**
   * Calls `check` once, about when the port has been idle for `left` milliseconds more. If the call comes sooner, `check`
   * watches again: it compares {@link idle}. A newer `check` replaces the one before.
   */
  watch(left: number, check: () => void): void {
    const now = this.#clock.now();
    this.#check = check;
    const due = now + Math.max(1, left * this.#slowness + Math.max(0, this.#since - now));
    if (this.#timer && this.#due <= due) return;
    this.#due = due;
    this.#startSlice(now, this.#lateSlices > 0);
  }

  /** Ends the watch. */
  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#sliceEnd = Infinity;
  }

  #startSlice(now: number, isAfterLate: boolean): void {
    this.#timer?.();
    const least = isAfterLate ? MIN_SLICE_AFTER_LATE_MS : 0;
    const planned = Math.max(least, Math.min(SLICE_MS, this.#due - now));
    this.#sliceStart = now;
    this.#sliceEnd = now + planned;
    this.#timer = this.#clock.after(planned, () => this.#endSlice());
  }

  /** Counts the slice, less the time by which it ended late: the loop read input so much later too. */
  #endSlice(): void {
    const now = this.#clock.now();
    const late = this.#lateAt(now);
    const gap = this.#sliceEnd - Math.max(this.#since, this.#sliceStart);
    this.#blocked += this.#blockedIn(now);
    this.#lateSlices = now - this.#sliceEnd > SLICE_TOLERANCE_MS ? this.#lateSlices + 1 : 0;
    this.#count(Math.max(0, gap - late), Math.max(now, this.#since));
    // The event loop first reads pending input, in an empty slice, in which it may be blocked again.
    this.#sliceStart = this.#sliceEnd = now;
    this.#timer = this.#clock.afterInput(() => {
      const after = this.#clock.now();
      this.#blocked += this.#blockedIn(after);
      this.#since = Math.max(this.#since, after);
      this.stop();
      if (late > 0 || after < this.#due) this.#startSlice(after, late > 0);
      else this.#check();
    });
  }

  /** Milliseconds by which the current slice is too late now; 0 after {@link MAX_LATE_SLICES}. */
  #lateAt(now: number): number {
    const late = now - this.#sliceEnd;
    return late > SLICE_TOLERANCE_MS && this.#lateSlices < MAX_LATE_SLICES ? late : 0;
  }

  /**
   * Milliseconds for which the loop was blocked if the current slice ended now. When in the slice the block began is unknown.
   * Estimate: as long before the planned end as after it; a slice that ends 100 ms late counts 200 ms.
   */
  #blockedIn(now: number): number {
    const late = this.#lateAt(now);
    if (late <= BLOCKED_LOOP_MS) return 0;
    const start = Math.max(this.#from, this.#sliceStart, this.#sliceEnd - late);
    return Math.max(0, now - start);
  }

  #count(added: number, now: number): void {
    this.#idle += added;
    this.#revocable = Math.min(MAX_DELIVERY_DELAY_MS, this.#revocable + added);
    this.#since = now;
  }
}
