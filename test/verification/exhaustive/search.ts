import type { FaultKind } from './faults';
import type { Script } from './scripts';
import { Tally } from './tally';
import { attempt, record, type RunResult } from './fault-run';

export interface SearchOptions {
  readonly scripts: readonly Script[];
  readonly kinds: readonly FaultKind[];
  /** Only this place. */
  readonly at?: number | undefined;
  /** Only every Nth run. */
  readonly stride: number;
  /** Called after every run with the arguments that repeat it. */
  readonly onRun?: (result: RunResult, run: string) => void;
}

/** Runs scripts with every fault at every place. */
export class Search {
  readonly total = new Tally();
  /** By kind of fault. */
  readonly kinds: ReadonlyMap<FaultKind, Tally>;
  readonly #options: SearchOptions;
  #count = 0;

  constructor(options: SearchOptions) {
    this.#options = options;
    this.kinds = new Map(options.kinds.map((kind) => [kind, new Tally()]));
  }

  get scripts(): readonly Script[] {
    return this.#options.scripts;
  }

  async run(script: Script): Promise<Tally> {
    const { at, stride, onRun } = this.#options;
    const every = at === undefined ? (script.every ?? 1) : 1;
    const recording = await record(script);
    const tally = new Tally();
    for (const [kind, ofKind] of this.kinds) {
      for (const place of kind.places(recording)) {
        if (at !== undefined && place !== at) continue;
        if (this.#count++ % (stride * every) !== 0) continue;
        const outcome = await attempt(script, { kind, at: place, recording });
        const paced = script.paced ? ' --paced' : '';
        const run = `--script ${script.name} --fault ${kind.name} --at ${place}${paced}`;
        onRun?.(outcome, run);
        for (const each of [tally, ofKind, this.total]) each.add(outcome, run);
      }
    }
    return tally;
  }
}
