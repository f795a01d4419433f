import { InOrder } from './in-order';

/** Inputs of a link at all nodes take effect in the order of their arrival, though a node may take time to read its values. */
export class InputOrder {
  readonly #order = new InOrder();
  /** Inputs whose turn has not come. */
  #waiting = 0;

  /** Runs work once its value is there and each earlier input has begun its work, or failed. Settles as the work does. */
  async begin<T, R>(value: T | Promise<T>, work: (value: T) => Promise<R>): Promise<R> {
    if (this.#waiting === 0 && !(value instanceof Promise)) return work(value);
    this.#waiting++;
    const known = Promise.resolve(value);
    // The value may fail while an earlier input still waits: an unhandled rejection ends Node-RED.
    known.catch(() => undefined);
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
}
