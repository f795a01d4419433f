import { onTimeout, type Clock } from '../../../driver/clock';
import { Deferred } from '../../../driver/deferred';
import { NodeError } from '../errors/node-error';
import { InOrder } from './in-order';

/** Milliseconds that an input may wait for its values: a context store or an expression may never give them. */
const VALUES_TIMEOUT_MS = 10_000;
const MAX_WAITING_INPUTS = 1000;

/** Inputs of a link at all nodes take effect in the order of their arrival, though a node may take time to read its values. */
export class InputOrder {
  readonly #clock: Clock;
  readonly #order = new InOrder();
  /** Inputs whose turn has not come. */
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Runs work once its value is there and each earlier input has begun its work, or failed. Settles as the work does.
   * @throws NodeError `VALUE_LATE`
   */
  async begin<T, R>(value: T | Promise<T>, work: (value: T) => Promise<R>): Promise<R> {
    if (this.#waiting === 0 && !(value instanceof Promise)) return work(value);
    const isFull = this.#waiting === MAX_WAITING_INPUTS;
    const known =
      value instanceof Promise && !isFull ? this.#inTime(value) : Promise.resolve(value);
    // The value may fail while an earlier input still waits: an unhandled rejection ends Node-RED.
    known.catch(() => undefined);
    if (isFull) throw new NodeError('VALUE_LATE');
    this.#waiting++;
    const { result } = await this.#order.run(async () => {
      try {
        // In an object: the turn ends when the work has begun.
        return { result: work(await known) };
      } finally {
        this.#waiting--;
      }
    });
    return result;
  }

  async #inTime<T>(value: Promise<T>): Promise<T> {
    const late = new Deferred<never>();
    const cancel = onTimeout(this.#clock, VALUES_TIMEOUT_MS, () =>
      late.reject(new NodeError('VALUE_LATE')),
    );
    try {
      return await Promise.race([value, late.promise]);
    } finally {
      cancel();
    }
  }
}
