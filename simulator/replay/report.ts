import type { StepResult } from './replay';

/** Characters of bytes that a report shows of each side of a difference. */
const SHOWN = 400;

export const isMatched = ({ differences }: StepResult): boolean => differences.length === 0;

/** How many steps matched, as `matched / steps`. */
export const score = (steps: readonly StepResult[]): string =>
  `${steps.filter(isMatched).length} / ${steps.length}`;

/** The differences of a replay in words, a line each. */
export function differencesInWords(steps: readonly StepResult[]): string[] {
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
  const text = JSON.stringify(bytes.slice(0, SHOWN)).replace(
    /[\u007f-\u00ff]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
  return bytes.length > SHOWN ? `${text} … ${bytes.length} bytes` : text;
}
