import { seededRandom } from '../../simulator';

/** Random numbers that depend on the seed alone. */
export class SeededRandom {
  /** A number in [0, 1). */
  readonly random: () => number;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** True with probability 1 / times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the choices; undefined when there are none. */
  one<T>(choices: readonly [T, ...T[]]): T;
  one<T>(choices: readonly T[]): T | undefined;
  one<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }
}
