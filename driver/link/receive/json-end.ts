const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);
const SPACE = new Set([0x09, 0x0a, 0x0d, 0x20]);

/**
 * Finds the end of a JSON text, the bracket that closes its first one, and looks at every byte once.
 * Other JSON values have no end of their own: the end of the chunk ends them.
 */
export class JsonEnd {
  #depth = 0;
  #inString = false;
  #escaped = false;
  #begun = false;

  /** Whether a text has begun and is incomplete. */
  get open(): boolean {
    return this.#begun;
  }

  /** Scans a chunk from index `start` on; returns the index after the end of the text, or -1. */
  find(piece: Buffer, start: number): number {
    for (let index = start; index < piece.length; index++) {
      const byte = piece[index] ?? 0;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
      } else if (OPEN.has(byte)) {
        this.#depth++;
        this.#begun = true;
      } else if (CLOSE.has(byte) && this.#depth > 0) {
        if (--this.#depth === 0) {
          this.reset();
          return index + 1;
        }
      } else if (byte === QUOTE && this.#depth > 0) {
        this.#inString = true;
      } else if (this.#depth === 0 && !SPACE.has(byte)) {
        this.reset();
        return piece.length;
      }
    }
    return -1;
  }

  reset(): void {
    this.#depth = 0;
    this.#inString = this.#escaped = this.#begun = false;
  }
}
