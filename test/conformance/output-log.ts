/** What the device said, and when; cleared once it has been looked at. */
export class OutputLog {
  #bytes = Buffer.alloc(4096);
  #length = 0;
  readonly #chunks: { readonly end: number; readonly at: number }[] = [];

  push(chunk: Buffer, at: number): void {
    const needed = this.#length + chunk.length;
    if (needed > this.#bytes.length) {
      const larger = Buffer.alloc(2 * needed);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length = needed;
    this.#chunks.push({ end: needed, at });
  }

  get length(): number {
    return this.#length;
  }

  /** A view, good until the next {@link push} or {@link clear}. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  slice(from: number, to = this.#length): Buffer {
    return Buffer.from(this.#bytes.subarray(from, to));
  }

  /** When the byte at `offset` came; undefined while it has not. */
  timeAt(offset: number): number | undefined {
    return this.#chunks.find((chunk) => chunk.end > offset)?.at;
  }

  /** Forgets the first `count` bytes. */
  drop(count: number): void {
    this.#bytes.copy(this.#bytes, 0, count, this.#length);
    this.#length -= count;
    const kept = this.#chunks
      .filter((chunk) => chunk.end > count)
      .map((chunk) => ({ end: chunk.end - count, at: chunk.at }));
    this.#chunks.splice(0, this.#chunks.length, ...kept);
  }

  clear(): void {
    this.#length = 0;
    this.#chunks.length = 0;
  }
}
