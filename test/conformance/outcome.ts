/** What became of one step of a recording. */
export interface StepOutcome {
  readonly line: number;
  readonly title: string;
  /** Each difference, as lines of text; none when the step matched. */
  readonly differences: string[];
  /** Why the step cannot be replayed at all. */
  notReplayable: string | undefined;
  /** What had to be inferred or was forgiven; nothing that counts against the step. */
  readonly remarks: string[];
}

export interface SectionOutcome {
  readonly file: string;
  readonly title: string;
  readonly steps: readonly StepOutcome[];
  /** Prose in which nothing was found that can be compared. */
  readonly unread: readonly string[];
}

export interface Totals {
  matched: number;
  steps: number;
  notReplayable: number;
}

export function newStep(line: number, title: string): StepOutcome {
  return { line, title, differences: [], notReplayable: undefined, remarks: [] };
}

export function isMatched(step: StepOutcome): boolean {
  return step.differences.length === 0 && step.notReplayable === undefined;
}

export function totalsOf(sections: readonly SectionOutcome[]): Totals {
  const steps = sections.flatMap((section) => section.steps);
  return {
    matched: steps.filter(isMatched).length,
    steps: steps.length,
    notReplayable: steps.filter((step) => step.notReplayable !== undefined).length,
  };
}
