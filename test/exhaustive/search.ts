import type { FaultKind } from './faults';
import type { Script } from './scripts';
import { attempt, record } from './trial';
import type { Unknowable } from './unknowable';

export interface SearchOptions {
  readonly scripts: readonly Script[];
  readonly kinds: readonly FaultKind[];
  /** Only this place. */
  readonly at?: number | undefined;
  /** Only every so many-th run, 1 for all. */
  readonly stride: number;
}

export interface Violation {
  /** The command that repeats it. */
  readonly repeat: string;
  readonly what: readonly string[];
  readonly story: readonly string[];
}

/** Counts of runs and of what came of them. */
export interface Tally {
  runs: number;
  /** Sends whose outcome was unknown, as may be. */
  unknown: number;
  readonly violations: Violation[];
  /** Runs in which something was amiss that no host could know of, by reason. */
  readonly unknowable: Map<Unknowable, number>;
  /** Milliseconds from a fault until messages passed both ways again. */
  worst: { readonly recovery: number; readonly what: string };
}

/** Every script with every fault at every place. */
export class Search {
  readonly total = emptyTally();
  readonly #options: SearchOptions;
  #count = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  get scripts(): readonly Script[] {
    return this.#options.scripts;
  }

  async run(script: Script): Promise<Tally> {
    const { kinds, at, stride } = this.#options;
    const recording = await record(script);
    const tally = emptyTally();
    for (const kind of kinds) {
      for (const place of kind.places(recording)) {
        if (at !== undefined && place !== at) continue;
        if (this.#count++ % stride !== 0) continue;
        const outcome = await attempt(script, kind, place, recording);
        const what = `--script ${script.name} --fault ${kind.name} --at ${place}`;
        for (const each of [tally, this.total]) {
          each.runs++;
          each.unknown += outcome.unknown;
          if (outcome.recovery > each.worst.recovery) {
            each.worst = { recovery: outcome.recovery, what };
          }
          const { excuse, violations } = outcome;
          if (excuse) each.unknowable.set(excuse, (each.unknowable.get(excuse) ?? 0) + 1);
          const found = outcome.struck ? violations : ['it did not strike', ...violations];
          if (found.length > 0) {
            each.violations.push({
              repeat: `npm run exhaustive -- ${what}`,
              what: found,
              story: outcome.story,
            });
          }
        }
      }
    }
    return tally;
  }
}

function emptyTally(): Tally {
  return {
    ...{ runs: 0, unknown: 0, violations: [], unknowable: new Map() },
    worst: { recovery: 0, what: '' },
  };
}
