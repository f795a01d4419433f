import { LATE_MS, type Cancel, type Clock } from '../../clock';

/** Milliseconds between two looks at the event loop. */
const TICK_MS = 1000;
/** Milliseconds in which the host reads, after a block of its event loop, the data that came meanwhile: the backlog. */
const BACKLOG_MS = 250;

/** Earliest and latest arrival time of the data that the host reads now. */
interface Arrival {
  readonly earliest: number;
  readonly latest: number;
}

/**
 * Measures the time since the last data of a link. A blocked event loop reads late what came meanwhile, so the time is
 * known only between two limits.
 */
export class DataGap {
  readonly #clock: Clock;
  #last: Arrival;
  /** Clock time of the last tick, and of the next one. */
  #tickedAt: number;
  #due = Infinity;
  #timer: Cancel | undefined;
  /** The last block of the event loop: its beginning, and the end of the backlog after it. */
  #block = { from: 0, until: -Infinity };

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
  }

  get #now(): Arrival {
    const latest = this.#clock.now();
    // The event loop may read input before it runs the late timer.
    const isLate = latest - this.#due > LATE_MS;
    if (latest <= this.#block.until) return { earliest: this.#block.from, latest };
    return { earliest: isLate ? this.#tickedAt : latest, latest };
  }

  #tick(now: number): void {
    const { earliest } = this.#now;
    if (now - this.#due > LATE_MS) this.#block = { from: earliest, until: now + BACKLOG_MS };
    this.#tickedAt = now;
    this.#due = now + TICK_MS;
    this.#timer = this.#clock.after(TICK_MS, () => this.#tick(this.#clock.now()));
  }
}
