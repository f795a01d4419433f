/** The values of faults that overlap, until they end. The user applies the oldest or the newest. */
export class Overlap<T> {
  readonly #entries = new Set<{ readonly value: T }>();
  #oldest: T | undefined;
  #newest: T | undefined;

  /** The value of the fault that began first; undefined without a fault. */
  get oldest(): T | undefined {
    return this.#oldest;
  }

  /** The value of the fault that began last; undefined without a fault. */
  get newest(): T | undefined {
    return this.#newest;
  }

  /** Adds a value. Returns a function that removes it. */
  add(value: T): () => void {
    const entry = { value };
    this.#entries.add(entry);
    this.#update();
    return () => {
      this.#entries.delete(entry);
      this.#update();
    };
  }

  #update(): void {
    const entries = [...this.#entries];
    this.#oldest = entries[0]?.value;
    this.#newest = entries.at(-1)?.value;
  }
}
