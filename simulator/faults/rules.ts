import type { Fate, Hooks, Point } from '../hooks';

/** Decides about a command line, or leaves it to others. */
export type FateRule = (line: string) => Fate | undefined;
export type PointRule = (point: Point, line: string) => void;
export type MemoryRule = (bytes: number) => boolean;
export type BootRule = () => Buffer | undefined;

/** The hooks of a device, shared by faults that come and go. Every `add…` returns its removal. */
export class Rules {
  /** What to give to the device. */
  readonly hooks: Required<Hooks>;
  readonly #fates = new Set<FateRule>();
  readonly #points = new Set<PointRule>();
  readonly #memory = new Set<MemoryRule>();
  readonly #boots = new Set<BootRule>();
  #line = '';

  /** @param own hooks that decide where no fault does */
  constructor(own: Hooks = {}) {
    this.hooks = {
      fate: (line) => {
        this.#line = line;
        for (const rule of this.#fates) {
          const fate = rule(line);
          if (fate) return fate;
        }
        return own.fate?.(line) ?? { kind: 'obey' };
      },
      reached: (point, line) => {
        for (const rule of [...this.#points]) rule(point, line === '' ? this.#line : line);
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

  /** The command line that came last. */
  get line(): string {
    return this.#line;
  }

  addFate = (rule: FateRule): (() => void) => add(this.#fates, rule);
  addPoint = (rule: PointRule): (() => void) => add(this.#points, rule);
  addMemory = (rule: MemoryRule): (() => void) => add(this.#memory, rule);
  addBoot = (rule: BootRule): (() => void) => add(this.#boots, rule);
}

function add<T>(rules: Set<T>, rule: T): () => void {
  rules.add(rule);
  return () => void rules.delete(rule);
}
