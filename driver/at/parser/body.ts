const NOTHING = Buffer.alloc(0);
/** Up to this many bytes a loop copies faster than a call does. */
const SHORT = 48;

/**
 * A known number of bytes taken from a stream of chunks without looking at them: a view when one chunk
 * holds them all, otherwise a copy, made once.
 */
export class Body {
  #bytes: Buffer = NOTHING;
  #length = 0;
  #filled = 0;
  /** Whether {@link #bytes} is memory of its own. */
  #own = false;

  /** All of them; only when {@link missing} is 0. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  get missing(): number {
    return this.#length - this.#filled;
  }

  get length(): number {
    return this.#length;
  }

  /** Bytes of memory it has taken for itself. */
  get held(): number {
    return this.#own ? this.#length : 0;
  }

  start(length: number): void {
    this.#length = length;
    this.#filled = 0;
    this.#own = false;
    this.#bytes = NOTHING;
  }

  /** Lets go of what was taken. */
  clear(): void {
    this.start(0);
  }

  /** Takes what `chunk` has from `from` on, at most what is missing; returns where that ends. */
  read(chunk: Buffer, from: number): number {
    const missing = this.#length - this.#filled;
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
    const target = this.#bytes;
    let to = this.#filled;
    if (end - from > SHORT) chunk.copy(target, to, from, end);
    else for (let at = from; at < end; at++) target[to++] = chunk[at] ?? 0;
    this.#filled += end - from;
    return end;
  }
}
