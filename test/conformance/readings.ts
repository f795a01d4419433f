/**
 * What a recording leaves open about a step. It is settled by trying: the first reading with which the
 * step comes out as recorded counts; when none does, the usual one is reported.
 */
export interface Reading {
  /**
   * Milliseconds that pass before the step: how long a recording rested between two is not shown, and
   * what was said meanwhile neither.
   */
  readonly pause: number;
  /** Whether words about the server are believed, rather than the output alone. */
  readonly words: boolean;
}

export const USUAL_READING: Reading = { pause: 0, words: true };

/** Rests that recordings are likely to have had, in milliseconds; some not in step with the client's rounds of 1 s. */
const PAUSES = [300, 600, 1000, 3000, 6000, 10_500, 12_000, 17_000, 25_000];

/** In the order in which they are tried. */
export const OTHER_READINGS: readonly Reading[] = [
  { pause: 0, words: false },
  ...PAUSES.map((pause) => ({ pause, words: true })),
  ...PAUSES.map((pause) => ({ pause, words: false })),
];

/** For the report: what was read otherwise. */
export function inWords({ pause, words }: Reading): string {
  const parts = [
    ...(pause > 0 ? [`${pause / 1000} s after the step before`] : []),
    ...(words ? [] : ['without its words about the server']),
  ];
  return parts.join(', ');
}
