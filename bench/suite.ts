/**
 * One measurement, printed as a line of JSON. The name of a result ends in its unit; `payload` and `chunk` are in
 * bytes, rates in bits a second.
 */
export type Row = Readonly<Record<string, unknown>>;

/** The effort for a measurement. */
export interface Effort {
  /** Target duration of a round of one candidate. */
  readonly roundMs: number;
  /** Rounds of each candidate, an odd number. The median counts. */
  readonly rounds: number;
  /** Factor of the counts of messages, 0 to 1. */
  readonly scale: number;
  /** Whether the suite measures only its first case. */
  readonly smoke: boolean;
}

/** Measures figures. */
export const full: Effort = { roundMs: 120, rounds: 7, scale: 1, smoke: false };

/** Shows that a suite works. Its figures mean nothing. */
export const smoke: Effort = { roundMs: 2, rounds: 1, scale: 0.001, smoke: true };

/** Measures, and yields each row as soon as it is complete. */
export type Suite = (effort: Effort) => AsyncIterable<Row> | Promise<Iterable<Row>>;

/** The values to measure with: all, or for `smoke` only the first. */
export function varied<T>(effort: Effort, values: readonly T[]): readonly T[] {
  return effort.smoke ? values.slice(0, 1) : values;
}

/** Rounds to three significant digits: more are noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** The median, the lower of two; NaN for no values. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that at least the fraction `part` of them, 0 to 1, does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}

/** Scales a count of messages to the effort; at least 1. @param count for `full` */
export function scaled(count: number, { scale }: Effort): number {
  return Math.max(1, Math.round(count * scale));
}
