import { quantile, rounded } from '../../suite';

/** The times from a response to the next write. */
export class Turnaround {
  readonly #timesMs: number[] = [];
  #begunAt: number | undefined;

  /** Call before the last byte of a response arrives. */
  begin(): void {
    this.#begunAt = performance.now();
  }

  /** Call when the host writes. */
  written(): void {
    if (this.#begunAt === undefined) return;
    this.#timesMs.push(performance.now() - this.#begunAt);
    this.#begunAt = undefined;
  }

  reset(): void {
    this.#timesMs.length = 0;
  }

  row() {
    return {
      turnaroundMedianMilliseconds: rounded(quantile(this.#timesMs, 0.5)),
      turnaround99PercentMilliseconds: rounded(quantile(this.#timesMs, 0.99)),
      turnaroundLongestMilliseconds: rounded(quantile(this.#timesMs, 1)),
    };
  }
}
