/** One measurement as it is printed: a line of JSON. The name of a field ends in its unit. */
export type Row = Readonly<Record<string, unknown>>;

/** How much is done for a measurement. */
export interface Effort {
  /** Milliseconds that a round of one candidate takes at least. */
  readonly round: number;
  /** Rounds of each candidate; an odd number, of which the median counts. */
  readonly rounds: number;
  /** What counts of messages are multiplied with, 0 to 1. */
  readonly scale: number;
  /** Only the smallest of what is varied, to see that the suite works. */
  readonly smoke: boolean;
}

/** For figures. */
export const full: Effort = { round: 120, rounds: 7, scale: 1, smoke: false };

/** To see that a suite works; its figures mean nothing. */
export const smoke: Effort = { round: 2, rounds: 1, scale: 0.001, smoke: true };

/** Measures something; brings a row for each measurement, as soon as it has it. */
export type Suite = (effort: Effort) => AsyncIterable<Row> | Promise<Iterable<Row>>;

/** The values to measure with: all of them, or only the first one for `smoke`. */
export function varied<T>(effort: Effort, values: readonly T[]): readonly T[] {
  return effort.smoke ? values.slice(0, 1) : values;
}

/** With three significant digits: more are noise. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** The middle one, or of two middle ones the lower; NaN when there are none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest of the values that the fraction `part` of them, 0 to 1, does not exceed. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? NaN;
}

/** A count of messages, reduced to the effort; at least 1. @param count for `full` */
export function scaled(count: number, { scale }: Effort): number {
  return Math.max(1, Math.round(count * scale));
}
