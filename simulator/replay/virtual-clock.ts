/** One pending call of a {@link VirtualClock}. */
interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** A user's share of a {@link VirtualClock}. */
export interface SharedClock {
  now(): number;
  after(delay: number, callback: () => void): () => void;
  afterInput(callback: () => void): () => void;
  /** Count of its pending calls. */
  readonly pending: number;
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * A clock whose time passes only when its owner advances it. Driver and simulator share it, so that minutes of waiting
 * take milliseconds and every run has the same order of events.
 */
export class VirtualClock {
  #now = 0;
  #order = 0;
  #pending = 0;
  /** A binary heap, earliest first. */
  readonly #heap: Entry[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const entry: Entry = {
      at: this.#now + Math.max(0, delay),
      order: this.#order++,
      callback,
      cancelled: false,
    };
    this.#push(entry);
    this.#pending++;
    return () => {
      if (entry.cancelled) return;
      entry.cancelled = true;
      this.#pending--;
    };
  }

  /** Calls back after all calls that are due now. */
  afterInput(callback: () => void): () => void {
    return this.after(0, callback);
  }

  /** Count of pending calls. */
  get pending(): number {
    return this.#pending;
  }

  /** A clock with the same time for one user, which counts that user's pending calls. */
  share(): SharedClock {
    let pending = 0;
    const after = (delay: number, callback: () => void) => {
      let over = false;
      const end = () => {
        if (!over) pending--;
        over = true;
      };
      pending++;
      const cancel = this.after(delay, () => {
        end();
        callback();
      });
      return () => {
        end();
        cancel();
      };
    };
    return {
      now: () => this.#now,
      after,
      afterInput: (callback) => after(0, callback),
      get pending() {
        return pending;
      },
    };
  }

  /** Lets `milliseconds` pass. Runs the calls that fall due, and all promise reactions after each. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let entry = this.#due(end); entry; entry = this.#due(end)) {
      this.#run(entry);
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** Lets time pass without any call; calls due until then come late. */
  skipTo(moment: number): void {
    this.#now = Math.max(this.#now, moment);
  }

  /** Lets time pass until `done()`, at most for `limit` milliseconds. Returns whether `done()`. */
  async until(done: () => boolean, limit = 600_000): Promise<boolean> {
    const end = this.#now + limit;
    await settle();
    while (!done()) {
      const entry = this.#due(end);
      if (!entry) {
        this.#now = Math.max(this.#now, end);
        return done();
      }
      this.#run(entry);
      await settle();
    }
    return true;
  }

  /** Lets time pass until `promise` settles. Returns its value. */
  async wait<T>(promise: Promise<T>, limit = 600_000): Promise<T> {
    let settled = false;
    const mark = () => (settled = true);
    promise.then(mark, mark);
    if (!(await this.until(() => settled, limit))) {
      throw new Error(`the promise did not settle within ${limit} ms of virtual time`);
    }
    return promise;
  }

  #run(entry: Entry): void {
    this.#now = Math.max(this.#now, entry.at);
    entry.cancelled = true;
    this.#pending--;
    entry.callback();
  }

  #due(end: number): Entry | undefined {
    for (let first = this.#heap[0]; first && first.at <= end; first = this.#heap[0]) {
      this.#pop();
      if (!first.cancelled) return first;
    }
    return undefined;
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (!above || !before(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      let below = heap[child];
      if (!below) break;
      const right = heap[child + 1];
      if (right && before(right, below)) {
        child++;
        below = right;
      }
      if (!before(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}

/** Runs all pending promise reactions. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
