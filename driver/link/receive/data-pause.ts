import { BLOCKED_LOOP_MS, type Cancel, type Clock } from '../../clock';

/** Milliseconds between two looks at the event loop. */
const TICK_MS = 1000;
/** After a block of the event loop, data counts as backlog (it came during the block) until this many ticks were on time. */
const BACKLOG_TICKS = 5;
const BACKLOG_TICK_MS = 50;

/** Earliest and latest arrival time of the data that the host reads now. */
interface TimeRange {
  readonly earliest: number;
  readonly latest: number;
}

/**
 * Measures the time since the last data of a link. A blocked event loop reads late what came meanwhile, so the time is
 * known only between two limits.
 */
export class DataPause {
  readonly #clock: Clock;
  #last: TimeRange;
  /** Clock time of the last tick, and of the next one. */
  #tickedAt: number;
  #due = Infinity;
  #timer: Cancel | undefined;
  /** While data counts as backlog: the start of the block, and how many ticks are still to be on time. */
  #backlog: { readonly from: number; ticks: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#tickedAt = clock.now();
    this.#last = { earliest: this.#tickedAt, latest: this.#tickedAt };
  }

  /** Milliseconds since the last {@link restart} at least, if data comes now. */
  get atLeast(): number {
    return Math.max(0, this.#now.earliest - this.#last.latest);
  }

  /** Milliseconds since the last {@link restart} at most, if data comes now. */
  get atMost(): number {
    return this.#now.latest - this.#last.earliest;
  }

  /** Call when data comes in. Watches the event loop from then on. */
  restart(): void {
    if (!this.#timer) this.#tick(this.#clock.now());
    this.#last = this.#now;
  }

  /** Ends the watch. */
  stop(): void {
    this.#timer?.();
    this.#timer = undefined;
    this.#due = Infinity;
    this.#backlog = undefined;
  }

  get #now(): TimeRange {
    const latest = this.#clock.now();
    if (this.#backlog) return { earliest: this.#backlog.from, latest };
    // The event loop may read input before it runs the late timer.
    const isLate = latest - this.#due > BLOCKED_LOOP_MS;
    return { earliest: isLate ? this.#tickedAt : latest, latest };
  }

  #tick(now: number): void {
    if (now - this.#due > BLOCKED_LOOP_MS)
      this.#backlog = { from: this.#now.earliest, ticks: BACKLOG_TICKS };
    else if (this.#backlog && --this.#backlog.ticks === 0) this.#backlog = undefined;
    const ms = this.#backlog ? BACKLOG_TICK_MS : TICK_MS;
    this.#tickedAt = now;
    this.#due = now + ms;
    this.#timer = this.#clock.after(ms, () => this.#tick(this.#clock.now()));
  }
}
