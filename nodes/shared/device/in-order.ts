const noValue = (): void => undefined;

/** Runs one piece of work after the other, in order of the calls. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();
  /** Calls of {@link begin} that have not begun. */
  #waiting = 0;

  /** Runs work after all earlier work has ended. Settles as it does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    // Keeps no value. Handles the rejection, too, for a caller that waits for something else first.
    this.#last = mine.then(noValue, noValue);
    return mine;
  }

  /** Begins work with a value, once the value is there, and the work of all earlier calls has begun. Settles as the work does. */
  begin<T, R>(value: T | Promise<T>, work: (value: T) => Promise<R>): Promise<R> {
    if (this.#waiting === 0 && !(value instanceof Promise)) return work(value);
    this.#waiting++;
    const known = Promise.resolve(value);
    // It may fail while an earlier one still waits: an unhandled rejection ends Node-RED.
    known.catch(noValue);
    const begun = this.run(async () => {
      try {
        return { result: work(await known) };
      } finally {
        this.#waiting--;
      }
    });
    return begun.then(({ result }) => result);
  }

  /** Resolves when no work runs or waits. */
  async ended(): Promise<void> {
    let last;
    do await (last = this.#last);
    while (last !== this.#last);
  }
}
