const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKETS = new Set([0x5b, 0x7b]);
const CLOSING_BRACKETS = new Set([0x5d, 0x7d]);
const WHITESPACE = new Set([0x09, 0x0a, 0x0d, 0x20]);

/** Position of the next byte; `escape`: after a backslash in a string. */
type Position = 'text' | 'string' | 'escape';

/**
 * Finds the end of a JSON text: the bracket that closes its first one. Looks at each byte once. A JSON value without
 * brackets ends with its chunk.
 */
export class JsonEnd {
  /** Open brackets. */
  #depth = 0;
  #position: Position = 'text';

  /** Whether a text has begun and is incomplete. */
  get isIncomplete(): boolean {
    return this.#depth > 0;
  }

  /** Scans a chunk from index `start` on; returns the index after the end of the text, undefined while it has none. */
  find(piece: Buffer, start: number): number | undefined {
    let index = start;
    for (const byte of piece.subarray(start)) {
      index++;
      if (this.#position === 'escape') this.#position = 'string';
      else if (this.#position === 'string') this.#position = afterInString(byte);
      else if (OPENING_BRACKETS.has(byte)) this.#depth++;
      else if (this.#depth === 0 && !WHITESPACE.has(byte)) return piece.length;
      else if (byte === QUOTE) this.#position = 'string';
      else if (CLOSING_BRACKETS.has(byte) && --this.#depth === 0) return index;
    }
    return undefined;
  }

  reset(): void {
    this.#depth = 0;
    this.#position = 'text';
  }
}

function afterInString(byte: number): Position {
  if (byte === BACKSLASH) return 'escape';
  return byte === QUOTE ? 'text' : 'string';
}

/** Whether a chunk is a JSON text, or several. */
export function isJson(chunk: Buffer): boolean {
  const end = new JsonEnd();
  let from: number | undefined = 0;
  while (from !== undefined && OPENING_BRACKETS.has(firstByte(chunk.subarray(from)))) {
    from = end.find(chunk, from);
    if (from !== undefined && isBlank(chunk.subarray(from))) return true;
  }
  return from === 0 && isValue(chunk);
}

/**
 * Whether a JSON text may end with `before` and the next one begin with `after`. Within one text, a comma stands between a
 * closing and an opening bracket.
 */
export function mayBeTextBoundary(before: Buffer, after: Buffer): boolean {
  return (
    CLOSING_BRACKETS.has(firstByte(Buffer.from(before).reverse())) &&
    OPENING_BRACKETS.has(firstByte(after))
  );
}

/** The first byte that is no white space; -1 where there is none. */
function firstByte(bytes: Buffer): number {
  return bytes.find((byte) => !WHITESPACE.has(byte)) ?? -1;
}

function isBlank(bytes: Buffer): boolean {
  return firstByte(bytes) === -1;
}

function isValue(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString());
    return true;
  } catch {
    return false;
  }
}
