import type { StepResult } from './replay';

/** A report shows this much of each side of a difference. */
const MAX_SHOWN_BYTES = 400;

export const isMatched = ({ differences }: StepResult): boolean => differences.length === 0;

/** The count of matched steps, as `matched / steps`. */
export const score = (steps: readonly StepResult[]): string =>
  `${steps.filter(isMatched).length} / ${steps.length}`;

/** Describes the differences of a replay, as lines. */
export function describeSteps(steps: readonly StepResult[]): string[] {
  return steps
    .filter((step) => !isMatched(step))
    .flatMap(({ title, differences }) => [
      `  ${title}`,
      ...differences.flatMap(({ line, what, expected, got, before }) => [
        `    line ${line}: ${what}`,
        `      expected ${shown(expected)}`,
        `      got      ${shown(got)}`,
        `      before   ${shown(before)}`,
      ]),
    ]);
}

function shown(bytes: string): string {
  const text = JSON.stringify(bytes.slice(0, MAX_SHOWN_BYTES)).replace(
    /[\u007f-\u00ff]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return bytes.length > MAX_SHOWN_BYTES ? `${text} … ${bytes.length} bytes` : text;
}
