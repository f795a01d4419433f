import type { Fate, Hooks, Point } from '../../simulator/hooks';

/** A fate that waits for its command. */
interface Doom {
  readonly fits: (line: string) => boolean;
  readonly fate: Fate;
  readonly hit: (line: string) => void;
}

/** Something to be done at a point in the life of a command. */
interface Ambush {
  readonly point: Point;
  readonly fits: (line: string) => boolean;
  readonly spring: (line: string) => void;
}

/** What goes wrong inside the simulated device: waits for its moment, then happens once. */
export class Gremlins {
  readonly hooks: Hooks;
  /** Bytes that the next start leaves on the line. */
  bootNoise: Buffer | undefined;
  /** Bytes the device has memory for. */
  heap = Infinity;
  #dooms: Doom[] = [];
  #ambushes: Ambush[] = [];

  constructor() {
    this.hooks = {
      fate: (line) => this.#fate(line),
      reached: (point, line) => this.#reached(point, line),
      allocate: (bytes) => bytes <= this.heap,
      booting: () => {
        const noise = this.bootNoise;
        this.bootNoise = undefined;
        return noise;
      },
    };
  }

  /** The next command that fits meets a fate. Returns its withdrawal. */
  doom(fate: Fate, fits: (line: string) => boolean, hit: (line: string) => void): () => void {
    const doom = { fate, fits, hit };
    this.#dooms.push(doom);
    return () => (this.#dooms = this.#dooms.filter((other) => other !== doom));
  }

  /** Something happens when the next command that fits reaches a point. Returns its withdrawal. */
  ambush(
    point: Point,
    fits: (line: string) => boolean,
    spring: (line: string) => void,
  ): () => void {
    const ambush = { point, fits, spring };
    this.#ambushes.push(ambush);
    return () => (this.#ambushes = this.#ambushes.filter((other) => other !== ambush));
  }

  #fate(line: string): Fate {
    const doom = this.#dooms.find(({ fits }) => fits(line));
    if (!doom) return { kind: 'obey' };
    this.#dooms = this.#dooms.filter((other) => other !== doom);
    doom.hit(line);
    return doom.fate;
  }

  #reached(point: Point, line: string): void {
    const ambush = this.#ambushes.find((each) => each.point === point && each.fits(line));
    if (!ambush) return;
    this.#ambushes = this.#ambushes.filter((other) => other !== ambush);
    ambush.spring(line);
  }
}
