import { quantile, rounded } from '../../suite';

/** How long it takes from an answer to what is said next. */
export class Turnaround {
  readonly #taken: number[] = [];
  #begun: number | undefined;

  /** The last byte of an answer comes. */
  begin(): void {
    this.#begun = performance.now();
  }

  /** Something is written. */
  written(): void {
    if (this.#begun === undefined) return;
    this.#taken.push(performance.now() - this.#begun);
    this.#begun = undefined;
  }

  forget(): void {
    this.#taken.length = 0;
  }

  /** In milliseconds. */
  row() {
    return {
      turnaroundMedianMilliseconds: rounded(quantile(this.#taken, 0.5)),
      turnaround99PercentMilliseconds: rounded(quantile(this.#taken, 0.99)),
      turnaroundLongestMilliseconds: rounded(quantile(this.#taken, 1)),
    };
  }
}
