/** Counts by key. */
export class Counts<Key extends string = string> {
  readonly #counts = new Map<Key, number>();

  add(key: Key, times = 1): void {
    this.#counts.set(key, this.of(key) + times);
  }

  addAll(other: Counts<Key>): void {
    for (const [key, times] of other.#counts) this.add(key, times);
  }

  of(key: Key): number {
    return this.#counts.get(key) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** A text for each key, in the order in which they came. */
  lines(text: (times: number, key: Key) => string): string[] {
    return [...this.#counts].map(([key, times]) => text(times, key));
  }

  /** All counts, such as `2 sent, 1 unknown`. */
  list(): string {
    return this.lines((times, key) => `${times} ${key}`).join(', ');
  }
}
