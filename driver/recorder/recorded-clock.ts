import type { Cancel, Clock } from '../clock';

/**
 * The driver's clock while it is recorded. To read the time costs more than to record: in the turn of a chunk one reading
 * serves the record of the chunk, the driver's first look at the clock, and the records of what it then does.
 */
export class RecordedClock implements Clock {
  readonly #clock: Clock;
  #last = 0;
  /** `read`: the driver has not looked at the reading of this turn. */
  #turn: 'none' | 'read' | 'under way' = 'none';

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    if (this.#turn === 'none') return this.#clock.now();
    if (this.#turn === 'read') this.#turn = 'under way';
    else this.#last = this.#clock.now();
    return this.#last;
  }

  after(ms: number, callback: () => void): Cancel {
    return this.#clock.after(ms, callback);
  }

  afterInput(callback: () => void): Cancel {
    return this.#clock.afterInput(callback);
  }

  /** A chunk has come. */
  beginTurn(): void {
    this.#last = this.#clock.now();
    this.#turn = 'read';
  }

  /** The driver has done what the chunk asks for. */
  endTurn(): void {
    this.#turn = 'none';
  }

  /** Time of a record. */
  get recordTime(): number {
    if (this.#turn === 'none') this.#last = this.#clock.now();
    return this.#last;
  }

  /** Time of the last record or turn: of what is its consequence. */
  get lastTime(): number {
    return this.#last;
  }
}
