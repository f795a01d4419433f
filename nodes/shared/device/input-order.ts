import type { Clock } from '../../../driver/clock';
import { within } from '../../../driver/within';
import { InOrder } from './in-order';

/** Milliseconds that later inputs wait for the values of an earlier one: a context store may never answer. */
const VALUES_TIMEOUT_MS = 10_000;

/** Inputs of a link at all nodes take effect in the order of their arrival, however long a node reads its values. */
export class InputOrder {
  readonly #clock: Clock;
  readonly #order = new InOrder();
  /** Inputs whose turn has not come. */
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs work once its value is there, after the work of all earlier calls has begun. Settles as the work does. */
  async begin<T, R>(value: T | Promise<T>, work: (value: T) => Promise<R>): Promise<R> {
    if (this.#waiting === 0 && !(value instanceof Promise)) return work(value);
    this.#waiting++;
    const known = Promise.resolve(value);
    const ready = within(this.#clock, VALUES_TIMEOUT_MS, known);
    const { result } = await this.#order.run(async () => {
      await ready;
      this.#waiting--;
      // In an object: the turn ends when the work has begun.
      return { result: known.then(work) };
    });
    return result;
  }
}
