/** Delays between attempts, in milliseconds: each twice the one before, up to a limit, with jitter. */
export class Backoff {
  readonly #first: number;
  readonly #limit: number;
  readonly #random: () => number;
  #attempts = 0;

  /** @param random numbers from 0 up to 1 */
  constructor(first: number, limit: number, random: () => number) {
    this.#first = first;
    this.#limit = limit;
    this.#random = random;
  }

  /**
   * Returns the next delay, less up to a quarter by chance, so that many devices do not retry at once.
   * @param limit the limit of this delay, in milliseconds
   */
  next(limit = this.#limit): number {
    const pause = Math.min(limit, this.#first * 2 ** Math.min(this.#attempts++, 30));
    return Math.round(pause * (1 - this.#random() / 4));
  }

  /** Begins again with the first delay, after a success. */
  reset(): void {
    this.#attempts = 0;
  }
}
