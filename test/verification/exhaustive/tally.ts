import type { Outcome } from './fault-run';
import type { Undetectable } from './undetectable';

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
  /** The longest time from a fault until messages passed both ways again, in milliseconds. */
  worst = 0;
  /** The run that took so long. */
  worstRun = '';
  readonly failed: FailedRun[] = [];
  readonly #undetectables = new Map<Undetectable, number>();

  /** Runs whose violations no host could detect, by reason. */
  get undetectable(): ReadonlyMap<Undetectable, number> {
    return this.#undetectables;
  }

  /** @param run which run it is, as arguments of the command line */
  add({ struck, violations, undetectable, unknown, recovery }: Outcome, run: string): void {
    this.runs++;
    this.unknown += unknown;
    if (recovery > this.worst) {
      this.worst = recovery;
      this.worstRun = run;
    }
    if (undetectable)
      this.#undetectables.set(undetectable, (this.#undetectables.get(undetectable) ?? 0) + 1);
    const all = struck ? violations : ['the fault did not strike', ...violations];
    if (all.length > 0)
      this.failed.push({ repeat: `npm run exhaustive -- ${run}`, violations: all });
  }
}
