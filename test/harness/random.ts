import { seededRandom, type Random } from '../../simulator';

/** A whole number below `limit`, from 0. */
export const below = (random: Random, limit: number): number => Math.floor(random() * limit);

/** A whole number from `from` to `to`, both included. */
export const between = (random: Random, from: number, to: number): number =>
  from + below(random, to - from + 1);

/** One of the items. */
export const pick = <T>(random: Random, items: readonly [T, ...T[]]): T =>
  items[below(random, items.length)] ?? items[0];

/** Random numbers that depend on the seed alone. */
export class SeededRandom {
  /** A number in [0, 1). */
  readonly random: Random;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** An integer in [0, limit). */
  below(limit: number): number {
    return below(this.random, limit);
  }

  /** True with probability 1 / times. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the choices; undefined when there are none. */
  one<T>(choices: readonly [T, ...T[]]): T;
  one<T>(choices: readonly T[]): T | undefined;
  one<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }
}
