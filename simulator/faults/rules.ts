import type { Outcome, Hooks, Point } from '../device/hooks';

/** Returns the outcome of a command line; undefined leaves it to other rules. */
type OutcomeRule = (line: string) => Outcome | undefined;
type PointRule = (point: Point, line: string) => void;
type MemoryRule = (bytes: number) => boolean;
type BootRule = () => Buffer | undefined;

/** The hooks of a device, shared by its active faults. Every `add…` returns a function that removes the rule. */
export class Rules {
  /** The device's `hooks` option. */
  readonly hooks: Required<Hooks>;
  readonly #outcomes = new Set<OutcomeRule>();
  readonly #points = new Set<PointRule>();
  readonly #memory = new Set<MemoryRule>();
  readonly #boots = new Set<BootRule>();
  #lastCommand = '';

  /** @param own hooks beside the rules; its `outcome` decides only where no rule does */
  constructor(own: Hooks = {}) {
    this.hooks = {
      outcome: (line) => {
        this.#lastCommand = line;
        for (const rule of this.#outcomes) {
          const outcome = rule(line);
          if (outcome) return outcome;
        }
        return own.outcome?.(line) ?? { kind: 'execute' };
      },
      reached: (point, line) => {
        const command = line === '' ? this.#lastCommand : line;
        // A rule may remove others, and add some that wait for the next command.
        for (const rule of [...this.#points]) if (this.#points.has(rule)) rule(point, command);
        own.reached?.(point, line);
      },
      refused: () => own.refused?.(),
      allocate: (bytes) =>
        [...this.#memory].every((rule) => rule(bytes)) && (own.allocate?.(bytes) ?? true),
      booting: () => {
        const noise = [...this.#boots].flatMap((rule) => rule() ?? []);
        const others = own.booting?.();
        if (others) noise.push(others);
        return noise.length > 0 ? Buffer.concat(noise) : undefined;
      },
    };
  }

  /** The last command line. */
  get line(): string {
    return this.#lastCommand;
  }

  addOutcome = (rule: OutcomeRule): (() => void) => add(this.#outcomes, rule);
  addPoint = (rule: PointRule): (() => void) => add(this.#points, rule);
  addMemory = (rule: MemoryRule): (() => void) => add(this.#memory, rule);
  addBoot = (rule: BootRule): (() => void) => add(this.#boots, rule);
}

function add<T>(rules: Set<T>, rule: T): () => void {
  rules.add(rule);
  return () => void rules.delete(rule);
}
