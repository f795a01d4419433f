/** One pending call of a {@link VirtualClock}. */
interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** A part of a {@link VirtualClock}. */
export interface SharedClock {
  now(): number;
  after(delay: number, callback: () => void): () => void;
  afterInput(callback: () => void): () => void;
  /** Its calls that have neither happened nor been cancelled. */
  readonly pending: number;
}

const before = (a: Entry, b: Entry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/**
 * Time that passes only when its owner advances it. Serves as the clock of the driver and of the simulator, so that
 * minutes of waiting take milliseconds and every run has the same order of events.
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

  /** Calls back once all that is due now has happened. */
  afterInput(callback: () => void): () => void {
    return this.after(0, callback);
  }

  /** Calls that have neither happened nor been cancelled. */
  get pending(): number {
    return this.#pending;
  }

  /** The same time for one of several who go by it: counts what is pending of its own. */
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

  /** Lets `milliseconds` pass, running what falls due, with all promise reactions in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await settle();
    for (let entry = this.#due(end); entry; entry = this.#due(end)) {
      this.#run(entry);
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** When the next call is due. */
  get nextDue(): number | undefined {
    for (let [first] = this.#heap; first?.cancelled; [first] = this.#heap) this.#pop();
    return this.#heap[0]?.at;
  }

  /** Lets time pass to a moment without any call: those due until then come late. */
  skipTo(moment: number): void {
    this.#now = Math.max(this.#now, moment);
  }

  /** Lets time pass until `done()` or, at the latest, for `limit` milliseconds. True when done. */
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

  /** Lets time pass until `promise` settles, and returns what it brings. */
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

/** Lets every promise reaction run that is ready, however long the chain. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
