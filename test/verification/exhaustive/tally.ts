import type { Outcome } from './trial';
import type { Unknowable } from './unknowable';

export interface Violation {
  /** The command that repeats it. */
  readonly repeat: string;
  readonly what: readonly string[];
}

/** Counts of runs and of what came of them. */
export class Tally {
  runs = 0;
  /** Sends whose outcome was unknown, as may be. */
  unknown = 0;
  /** Milliseconds from a fault until messages passed both ways again, at worst. */
  worst = 0;
  /** The run that took so long. */
  worstRun = '';
  readonly violations: Violation[] = [];
  readonly #excuses = new Map<Unknowable, number>();

  /** Runs in which something was amiss that no host could know of, by reason. */
  get unknowable(): ReadonlyMap<Unknowable, number> {
    return this.#excuses;
  }

  /** @param run which run it is, as arguments of the command line */
  add({ struck, violations, excuse, unknown, recovery }: Outcome, run: string): void {
    this.runs++;
    this.unknown += unknown;
    if (recovery > this.worst) {
      this.worst = recovery;
      this.worstRun = run;
    }
    if (excuse) this.#excuses.set(excuse, (this.#excuses.get(excuse) ?? 0) + 1);
    const what = struck ? violations : ['it did not strike', ...violations];
    if (what.length > 0) this.violations.push({ repeat: `npm run exhaustive -- ${run}`, what });
  }
}
