const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKETS = new Set([0x5b, 0x7b]);
const CLOSING_BRACKETS = new Set([0x5d, 0x7d]);
const WHITESPACE = new Set([0x09, 0x0a, 0x0d, 0x20]);

/** Position of the next byte; `escape` is behind a backslash in a string. */
type Place = 'text' | 'string' | 'escape';

/**
 * Finds the end of a JSON text, the bracket that closes its first one, and looks at every byte once.
 * Other JSON values have no end of their own: the end of the chunk ends them.
 */
export class JsonEnd {
  /** Open brackets. */
  #depth = 0;
  #place: Place = 'text';

  /** Whether a text has begun and is incomplete. */
  get open(): boolean {
    return this.#depth > 0;
  }

  /** Scans a chunk from index `start` on; returns the index after the end of the text, undefined while it has none. */
  find(piece: Buffer, start: number): number | undefined {
    let index = start;
    for (const byte of piece.subarray(start)) {
      index++;
      if (this.#place === 'escape') this.#place = 'string';
      else if (this.#place === 'string') this.#place = afterInString(byte);
      else if (OPENING_BRACKETS.has(byte)) this.#depth++;
      else if (this.#depth === 0 && !WHITESPACE.has(byte)) return piece.length;
      else if (byte === QUOTE) this.#place = 'string';
      else if (CLOSING_BRACKETS.has(byte) && --this.#depth === 0) return index;
    }
    return undefined;
  }

  reset(): void {
    this.#depth = 0;
    this.#place = 'text';
  }
}

function afterInString(byte: number): Place {
  if (byte === BACKSLASH) return 'escape';
  return byte === QUOTE ? 'text' : 'string';
}
