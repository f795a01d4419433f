/** Limit of a command line, with its CR LF. */
const MAX_LINE_BYTES = 256;

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

export interface Line {
  /** The line without its CR LF; undefined for a line beyond 256 bytes. */
  readonly text: string | undefined;
}

/** Assembles command lines. Only CR LF ends a line; CR or LF alone is part of it. */
export class LineReader {
  #parts: Buffer[] = [];
  #length = 0;
  #last = 0;

  /**
   * Takes the bytes of `piece` from `offset` up to the end of a line.
   * @returns the count of bytes taken, and the line once it is complete
   */
  read(piece: Buffer, offset: number): { readonly taken: number; readonly line?: Line } {
    const end = this.#endOfLine(piece, offset);
    if (end < 0) {
      this.#keep(piece.subarray(offset));
      return { taken: piece.length - offset };
    }
    this.#keep(piece.subarray(offset, end));
    return { taken: end - offset, line: this.#complete() };
  }

  /** Whether the reader holds no part of a line. */
  get empty(): boolean {
    return this.#length === 0;
  }

  reset(): void {
    this.#parts = [];
    this.#length = 0;
    this.#last = 0;
  }

  /** The index after CR LF, or -1. */
  #endOfLine(piece: Buffer, offset: number): number {
    for (
      let at = piece.indexOf(LINE_FEED, offset);
      at >= 0;
      at = piece.indexOf(LINE_FEED, at + 1)
    ) {
      const before = at > offset ? piece[at - 1] : this.#last;
      if (before === CARRIAGE_RETURN) return at + 1;
    }
    return -1;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    // Keeps no bytes beyond the limit, so that noise cannot fill the memory.
    if (this.#length <= MAX_LINE_BYTES) {
      this.#parts.push(Buffer.from(bytes.subarray(0, MAX_LINE_BYTES + 1 - this.#length)));
    }
    this.#length += bytes.length;
    this.#last = bytes[bytes.length - 1] ?? 0;
  }

  #complete(): Line {
    const text =
      this.#length > MAX_LINE_BYTES
        ? undefined
        : Buffer.concat(this.#parts).toString('latin1', 0, this.#length - 2);
    this.reset();
    return { text };
  }
}
