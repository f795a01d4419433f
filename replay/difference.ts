/** A difference between a replay and its recording. */
export interface Difference {
  /** Number of the line in the file. */
  readonly line: number;
  /**
   * Of a decision, or of a token of the device: `missing`: none in time · `other`: another one · `extra`: one that the
   * recording lacks · `time`: too early or too late.
   */
  readonly what: 'missing' | 'other' | 'extra' | 'time';
  readonly expected: string;
  readonly got: string;
}

/** A difference shows this much of a decision. */
const MAX_DECISION_CHARACTERS = 300;

/** Describes a difference, as lines. @param then label of `expected`; @param now label of `got` */
export function describeDifference(
  { line, what, expected, got }: Difference,
  then = 'then',
  now = 'now',
): string[] {
  const width = Math.max(then.length, now.length);
  return [
    `line ${line}: ${what}`,
    `  ${then.padEnd(width)} ${shown(expected)}`,
    `  ${now.padEnd(width)} ${shown(got)}`,
  ];
}

function shown(text: string): string {
  if (text === '') return '(nothing)';
  return text.length > MAX_DECISION_CHARACTERS
    ? `${text.slice(0, MAX_DECISION_CHARACTERS)} … (${text.length} characters)`
    : text;
}

/** The number of a line in its file, whose first line is the heading. */
export const lineNumber = (index: number): number => index + 2;
