import { rise, type Point } from './growth';
import type { Sample } from './reports';

/** A value that must not grow. */
interface Watched {
  readonly name: string;
  readonly unit: string;
  readonly valueOf: (sample: Sample) => number;
  /** Limit of its rise from the end of the warm-up to the end of the run. */
  readonly maxRise: number;
}

const MB = 1e6;

const watched: readonly Watched[] = [
  { name: 'heap', unit: 'MB', valueOf: ({ heap }) => heap / MB, maxRise: 4 },
  { name: 'buffers', unit: 'MB', valueOf: ({ buffers }) => buffers / MB, maxRise: 4 },
  { name: 'resident', unit: 'MB', valueOf: ({ resident }) => resident / MB, maxRise: 60 },
  { name: 'handles', unit: '', valueOf: ({ handles }) => handles, maxRise: 2 },
  { name: 'listeners', unit: '', valueOf: ({ listeners }) => listeners, maxRise: 2 },
  { name: 'delay (median)', unit: 'ms', valueOf: ({ delay }) => delay.median, maxRise: 5 },
];

/** The samples of a run, and the values in them that grow. */
export class Health {
  readonly #samples: Sample[] = [];

  add(sample: Sample): void {
    this.#samples.push(sample);
  }

  get latest(): Sample | undefined {
    return this.#samples.at(-1);
  }

  /** A line for each value: first, last, least, most, and its rise after the warm-up. */
  get lines(): string[] {
    const lines = watched.map(({ name, unit, valueOf, maxRise }) => {
      const values = this.#samples.map(valueOf);
      const [first = NaN] = values;
      const last = values.at(-1) ?? NaN;
      const risen = rise(this.#points(valueOf));
      const grown = risen === undefined ? 'too few samples' : `rises by ${risen.toFixed(2)}`;
      return (
        `${name.padEnd(15)} ${first.toFixed(1)} … ${last.toFixed(1)} ${unit} ` +
        `(${Math.min(...values).toFixed(1)}–${Math.max(...values).toFixed(1)}), ${grown} of ${maxRise}`
      );
    });
    const longest = Math.max(...this.#samples.map(({ delay }) => delay.longest));
    const high = Math.max(...this.#samples.map(({ delay }) => delay.high));
    return [
      ...lines,
      `delay           99 % ${high} ms, longest ${longest} ms (function nodes block up to 3000 ms)`,
    ];
  }

  /** Values that rise too much, one sentence each. */
  get violations(): string[] {
    return watched.flatMap(({ name, unit, valueOf, maxRise }) => {
      const risen = rise(this.#points(valueOf)) ?? 0;
      return risen > maxRise
        ? [`${name} rises by ${risen.toFixed(2)} ${unit}, more than ${maxRise}`]
        : [];
    });
  }

  #points(valueOf: (sample: Sample) => number): Point[] {
    return this.#samples.map((sample) => ({ at: sample.at, value: valueOf(sample) }));
  }
}
