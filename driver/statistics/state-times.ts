import type { Clock } from '../clock';

/** Sums the whole milliseconds that a device or link spends in each state. */
export class StateTimes<Name extends string> {
  readonly #clock: Clock;
  readonly #spent: Record<Name, number>;
  #name: Name;
  /** Rounded, so that the times add up to the whole. */
  #since: number;

  /** @param zeros 0 for each state */
  constructor(clock: Clock, zeros: Readonly<Record<Name, number>>, name: Name) {
    this.#clock = clock;
    this.#spent = { ...zeros };
    this.#name = name;
    this.#since = Math.round(clock.now());
  }

  enter(name: Name): void {
    const now = Math.round(this.#clock.now());
    this.#spent[this.#name] += now - this.#since;
    this.#since = now;
    this.#name = name;
  }

  /** Milliseconds in each state until now. */
  get all(): Readonly<Record<Name, number>> {
    this.enter(this.#name);
    return { ...this.#spent };
  }
}
