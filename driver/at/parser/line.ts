/** Bytes that a line has at most, without its CR LF; the longest known answers have a few hundred. */
export const LONGEST_LINE = 2048;

const CAPACITY = LONGEST_LINE + 2;
const CR = 0x0d;
const LF = 0x0a;
const PLUS = 0x2b;
const COLON = 0x3a;
const LETTER_A = 0x41;
const NO_ASCII = 0x80;
const HEAD = Buffer.from('+WS_DATA:', 'latin1');

/** What the byte just taken has made of the line. */
export type LineProgress =
  | 'more'
  /** Its CR LF is there. */
  | 'end'
  /** It ends in `+WS_DATA:`, which is no part of it any more. */
  | 'data'
  /** It is longer than any line. */
  | 'overflow';

/** The line that is being read. */
export class Line {
  readonly #bytes = Buffer.allocUnsafeSlow(CAPACITY);
  #length = 0;
  /** An answer such as `+WSOPEN:…`, past its colon: what follows may be anybody's text. */
  #answer = false;
  #dropping = false;

  /** Bytes of it so far, its CR LF included. */
  get length(): number {
    return this.#length;
  }

  /** Whether the rest of this line belongs to something damaged and is given up. */
  get dropping(): boolean {
    return this.#dropping;
  }

  /** Whether what it has so far may be the echo of a command, which data can interrupt. */
  get isEcho(): boolean {
    return this.#bytes[0] === LETTER_A && this.#length > 0;
  }

  /** Whether it has bytes that are no text (ASCII), outside of an answer. */
  get garbled(): boolean {
    if (this.#answer || this.#dropping) return false;
    const part = this.#bytes.subarray(0, this.#length);
    return part.some((byte) => byte === 0 || byte >= NO_ASCII);
  }

  /** Its text without CR LF, one character a byte; only after `end`. */
  get text(): string {
    return this.#bytes.toString('latin1', 0, this.#length - 2);
  }

  /** What it has so far, one character a byte. */
  get part(): string {
    return this.#bytes.toString('latin1', 0, this.#length);
  }

  /** Makes ready for the next line. */
  start(): void {
    this.#length = 0;
    this.#answer = false;
    this.#dropping = false;
  }

  /** What comes up to the next CR LF is given up, but for data in it. */
  drop(): void {
    this.#length = 0;
    this.#answer = false;
    this.#dropping = true;
  }

  /**
   * Takes bytes of `chunk` from `from` on, until something is to be done.
   * @returns where it ended; {@link progress} tells why
   */
  read(chunk: Uint8Array, from: number): number {
    const bytes = this.#bytes;
    let length = this.#length;
    let at = from;
    this.progress = 'more';
    while (at < chunk.length) {
      const byte = chunk[at++] ?? 0;
      bytes[length++] = byte;
      if (byte > COLON && length < CAPACITY) continue;
      this.#length = length;
      this.progress = this.#judge(byte);
      if (this.progress !== 'more') return at;
      length = this.#length;
    }
    this.#length = length;
    return at;
  }

  progress: LineProgress = 'more';

  /** Whether data begins right here; where its head ends then, else -1. Says nothing of a head that is cut. */
  headAt(chunk: Uint8Array, from: number): number {
    if (from + HEAD.length > chunk.length) return -1;
    for (let index = 0; index < HEAD.length; index++) {
      if (chunk[from + index] !== HEAD[index]) return -1;
    }
    return from + HEAD.length;
  }

  #judge(byte: number): LineProgress {
    const bytes = this.#bytes;
    const length = this.#length;
    if (byte === LF && length > 1 && bytes[length - 2] === CR) return 'end';
    if (byte === COLON && !this.#answer) {
      if (this.#endsInHead()) {
        this.#length -= HEAD.length;
        return 'data';
      }
      this.#answer = bytes[0] === PLUS && !this.#dropping;
    }
    return length === CAPACITY ? this.#overflow() : 'more';
  }

  #endsInHead(): boolean {
    const from = this.#length - HEAD.length;
    if (from < 0) return false;
    for (let index = 0; index < HEAD.length; index++) {
      if (this.#bytes[from + index] !== HEAD[index]) return false;
    }
    return true;
  }

  /** Keeps what may be the beginning of a CR LF or of data. */
  #overflow(): LineProgress {
    const kept = HEAD.length - 1;
    this.#bytes.copyWithin(0, this.#length - kept, this.#length);
    this.#length = kept;
    if (this.#dropping) return 'more';
    this.#dropping = true;
    return 'overflow';
  }
}
