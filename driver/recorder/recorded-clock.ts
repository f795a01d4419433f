import type { Cancel, Clock } from '../clock';

/** Timers that are later than this are recorded: the event loop of the host was blocked. Milliseconds. */
const MAX_LATE_MS = 10;

/**
 * The clock of a recorded driver. Reading the time costs more than recording: in the turn of a chunk one reading serves the
 * record of the chunk, the driver's first call of now(), and the records of its reaction.
 */
export class RecordedClock implements Clock {
  /** Called before a timer that fires late. */
  onLate: (ms: number) => void = () => undefined;
  readonly #clock: Clock;
  #last = 0;
  /** `begun`: the driver's first now() gets the reading of {@link beginTurn}. */
  #turn: 'none' | 'begun' | 'under way' = 'none';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    if (this.#turn === 'none') return this.#clock.now();
    if (this.#turn === 'begun') this.#turn = 'under way';
    else this.#last = this.#clock.now();
    return this.#last;
  }

  after(ms: number, callback: () => void): Cancel {
    const due = (this.#turn === 'none' ? this.#clock.now() : this.#last) + Math.max(0, ms);
    return this.#clock.after(ms, () => {
      const late = this.#clock.now() - due;
      if (late > MAX_LATE_MS) this.onLate(late);
      callback();
    });
  }

  afterInput(callback: () => void): Cancel {
    return this.#clock.afterInput(callback);
  }

  /** Call when a chunk comes in. */
  beginTurn(): void {
    this.#last = this.#clock.now();
    this.#turn = 'begun';
  }

  /** Call when the driver has processed the chunk. */
  endTurn(): void {
    this.#turn = 'none';
  }

  /** Time of a record. */
  get recordTime(): number {
    if (this.#turn === 'none') this.#last = this.#clock.now();
    return this.#last;
  }

  /** Time of the last record or turn, for a record that it caused: without another reading of the clock. */
  get lastTime(): number {
    return this.#last;
  }
}
