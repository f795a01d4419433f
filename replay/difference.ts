/** Where a replay differs from its recording. */
export interface Difference {
  /** Number of the line in the file. */
  readonly line: number;
  /** `missing`: the driver did not decide it in time · `other`: it decided otherwise · `time`: too early or late. */
  readonly what: 'missing' | 'other' | 'time';
  readonly expected: string;
  readonly got: string;
}

/** Characters of a decision to show. */
const SHOWN = 300;

/** The difference in words, some lines. */
export function differenceInWords({ line, what, expected, got }: Difference): string[] {
  return [`line ${line}: ${what}`, `  then ${shown(expected)}`, `  now  ${shown(got)}`];
}

function shown(text: string): string {
  if (text === '') return '(nothing)';
  return text.length > SHOWN ? `${text.slice(0, SHOWN)} … (${text.length} characters)` : text;
}
