/** One pending call of a {@link VirtualClock}. */
interface Entry {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * A clock whose time passes only when its owner advances it. Driver and simulator share it, so that minutes of waiting
 * take milliseconds and every run has the same order of events.
 */
export class VirtualClock {
  #now = 0;
  /** Pending calls, earliest first; those of one time in the order of their making. */
  readonly #entries: Entry[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, callback: () => void): () => void {
    const entry = { at: this.#now + Math.max(0, delay), callback };
    const before = this.#entries.findLastIndex(({ at }) => at <= entry.at);
    this.#entries.splice(before + 1, 0, entry);
    return () => {
      const index = this.#entries.indexOf(entry);
      if (index >= 0) this.#entries.splice(index, 1);
    };
  }

  /** For the driver, whose clock calls back after the input that is there now. Here input comes by calls that are due. */
  afterInput(callback: () => void): () => void {
    return this.after(0, callback);
  }

  /** Count of pending calls. */
  get pending(): number {
    return this.#entries.length;
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
    entry.callback();
  }

  /** Takes the next call that is due by `end`. */
  #due(end: number): Entry | undefined {
    const [first] = this.#entries;
    return first && first.at <= end ? this.#entries.shift() : undefined;
  }
}

/** Runs all pending promise reactions. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
