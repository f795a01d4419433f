import { Counts } from '../counts';
import type { RunResult } from './fault-run';
import type { Undetectable } from '../faults/invariants/undetectable';

export interface FailedRun {
  /** The command that repeats the run. */
  readonly repeat: string;
  readonly violations: readonly string[];
}

/** Counts of runs and of their results. */
export class Tally {
  runs = 0;
  /** Sends whose outcome was unknown, which is allowed. */
  unknown = 0;
  /** The longest time from a fault until messages passed both ways again. */
  worstMs = 0;
  /** The run of that time. */
  worstRun = '';
  readonly failed: FailedRun[] = [];
  /** Runs whose violations no host could detect, by reason. */
  readonly undetectable = new Counts<Undetectable>();

  /** @param run the arguments that repeat it */
  add({ applied, violations, undetectable, unknown, recoveryMs }: RunResult, run: string): void {
    this.runs++;
    this.unknown += unknown;
    if (recoveryMs > this.worstMs) {
      this.worstMs = recoveryMs;
      this.worstRun = run;
    }
    if (undetectable) this.undetectable.add(undetectable);
    const all = applied ? violations : ['the fault did not apply', ...violations];
    if (all.length > 0)
      this.failed.push({ repeat: `npm run exhaustive -- ${run}`, violations: all });
  }
}

/** The last lines of a search, and its exit code. */
export function verdict(
  failed: readonly FailedRun[],
  runs: number,
): { readonly text: string; readonly exitCode: 0 | 1 } {
  if (runs === 0) return { text: 'nothing ran', exitCode: 1 };
  if (failed.length === 0) return { text: 'no violations', exitCode: 0 };
  const blocks = failed.map(
    ({ repeat, violations }) => `\n${repeat}\n  ${violations.join('\n  ')}`,
  );
  return { text: [...blocks, `\n${failed.length} runs with violations`].join('\n'), exitCode: 1 };
}
