const noValue = (): void => undefined;

/** Runs one piece of work after the other, in order of the calls. */
export class InOrder {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs work after all earlier work has ended. Settles as it does. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    // Keeps no value, and handles the rejection of `mine`: the caller may await something else first.
    this.#last = mine.then(noValue, noValue);
    return mine;
  }
}
