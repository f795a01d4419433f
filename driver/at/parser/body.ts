const NOTHING = Buffer.alloc(0);
/** Bytes that a loop copies faster than a native call does. */
const MAX_LOOP_BYTES = 48;

/** Takes a known number of bytes from chunks, without scanning them: a view where one chunk holds them all, else one copy. */
export class Body {
  #bytes: Buffer = NOTHING;
  #length = 0;
  #filled = 0;
  /** Whether {@link #bytes} is a copy. */
  #own = false;

  /** The whole body; valid only when {@link missing} is 0. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get missing(): number {
    return this.#length - this.#filled;
  }

  /** Bytes of memory that the copy takes up. */
  get held(): number {
    return this.#own ? this.#length : 0;
  }

  start(length: number): void {
    this.#length = length;
    this.#filled = 0;
    this.#own = false;
    this.#bytes = NOTHING;
  }

  /** Releases the bytes. */
  clear(): void {
    this.start(0);
  }

  /** Takes up to {@link missing} bytes of `chunk` from index `from` on; returns the index after them. */
  read(chunk: Buffer, from: number): number {
    const { missing } = this;
    const end = Math.min(chunk.length, from + missing);
    if (!this.#own) {
      if (end - from === missing) {
        this.#bytes = chunk.subarray(from, end);
        this.#filled = missing;
        return end;
      }
      this.#bytes = Buffer.allocUnsafe(this.#length);
      this.#own = true;
    }
    this.#copy(chunk, from, end);
    this.#filled += end - from;
    return end;
  }

  #copy(chunk: Buffer, from: number, end: number): void {
    const bytes = this.#bytes;
    let to = this.#filled;
    if (end - from > MAX_LOOP_BYTES) chunk.copy(bytes, to, from, end);
    else for (let at = from; at < end; at++) bytes[to++] = chunk[at] ?? 0;
  }
}
