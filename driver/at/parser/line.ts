/** Bytes of a line at most, without its CR LF; the longest known responses have a few hundred. */
export const MAX_LINE_BYTES = 2048;

const CAPACITY_BYTES = MAX_LINE_BYTES + 2;
const CR = 0x0d;
const LF = 0x0a;
const PLUS = 0x2b;
const COLON = 0x3a;
const FIRST_NON_ASCII = 0x80;
const HEAD = Buffer.from('+WS_DATA:', 'latin1');
const FOREIGN = Buffer.from('+IPD,', 'latin1');
/** Data of a TCP, UDP or SSL connection: `+IPD,[link,]length[,"address",port]:`. */
const FOREIGN_HEAD = /^\+IPD,(?:\d,)?(\d{1,5})(?:,"[^"]*",\d{1,5})?:$/;
/** Up to the name of a network in a scan. The name, up to 32 bytes of a stranger's choice, may hold CR LF. */
const SSID_HEAD = /^\+CWLAP:\(\d+,"/;
const MAX_SSID_BYTES = 32;
/** A network in a scan. */
const NETWORK = /^\+CWLAP:\(\d+,"[^]{0,32}",-?\d+,"[\da-f:]{17}",[^"\r\n]*\)\r\n$/i;

/** State of the line after a read. */
type LineProgress =
  | 'more'
  /** It is complete, CR LF included. */
  | 'end'
  /** It is complete, and holds the end of a line before it: bytes in between are lost. */
  | 'corrupt'
  /** It ended in `+WS_DATA:`, which the line has dropped: data begins. */
  | 'data'
  /** It is `+IPD,…:`: {@link Line.foreignBytes} bytes of another service follow. */
  | 'foreign'
  /** It exceeds {@link MAX_LINE_BYTES}. */
  | 'overflow';

/** The current line. */
export class Line {
  /** Bytes so far, CR LF included. */
  length = 0;
  /** Whether the line drops its bytes, because they follow corrupt ones. */
  dropping = false;
  /** Bytes that follow `+IPD,…:`; valid only after `foreign`. */
  foreignBytes = 0;
  /** State after the last {@link read}. */
  progress: LineProgress = 'more';
  readonly #bytes = Buffer.allocUnsafeSlow(CAPACITY_BYTES);
  /** True after the colon of `+NAME:`: an information response may quote any text. */
  #quotes = false;

  /** Whether it has NUL or bytes outside ASCII, and is no information response. */
  get garbled(): boolean {
    if (this.#quotes || this.dropping) return false;
    const part = this.#bytes.subarray(0, this.length);
    return part.some((byte) => byte === 0 || byte >= FIRST_NON_ASCII);
  }

  /** The text so far, one character a byte, CR LF included; empty while the line drops its bytes. */
  get text(): string {
    const { length } = this;
    // For speed: most data begins at the start of a line.
    return this.dropping || length === 0 ? '' : this.#bytes.toString('latin1', 0, length);
  }

  /** Begins the next line. @param dropping whether it drops all bytes up to the next CR LF, except data in between */
  start(dropping = false): void {
    this.length = 0;
    this.#quotes = false;
    this.dropping = dropping;
  }

  /**
   * Takes bytes of `chunk` from index `from` on, until {@link progress} is other than `more`.
   * @returns the index after them
   */
  read(chunk: Uint8Array, from: number): number {
    const bytes = this.#bytes;
    let { length } = this;
    let at = from;
    this.progress = 'more';
    while (at < chunk.length && this.progress === 'more') {
      const byte = chunk[at++] ?? 0;
      bytes[length++] = byte;
      // For speed: no byte above the colon ends anything.
      if (byte > COLON && length < CAPACITY_BYTES) continue;
      this.length = length;
      this.progress = this.#classify(byte);
      length = this.length;
    }
    this.length = length;
    return at;
  }

  #classify(byte: number): LineProgress {
    const bytes = this.#bytes;
    const { length } = this;
    if (byte === LF && bytes[length - 2] === CR) return this.#quotes ? this.#endQuoting() : 'end';
    if (byte === COLON && !this.#quotes) {
      if (isHead(bytes, length - HEAD.length)) {
        this.length -= HEAD.length;
        return 'data';
      }
      if (length > FOREIGN.length && FOREIGN.compare(bytes, 0, FOREIGN.length) === 0) {
        const [, digits] = FOREIGN_HEAD.exec(this.text) ?? [];
        this.foreignBytes = Number(digits);
        if (digits !== undefined) return 'foreign';
      } else {
        this.#quotes = bytes[0] === PLUS && !this.dropping;
      }
    }
    return length === CAPACITY_BYTES ? this.#overflow() : 'more';
  }

  /**
   * At CR LF in an information response: the name of a network may go on, even where its text looks like a whole network.
   * The fields behind a name have more bytes than a name can have, unless `AT+CWLAPOPT` has dropped some: the line of a
   * short name then goes on, and is corrupt. The driver sets all fields before each scan.
   */
  #endQuoting(): LineProgress {
    const { text } = this;
    const [head] = SSID_HEAD.exec(text) ?? [];
    if (head === undefined) return 'end';
    if (this.length <= head.length + MAX_SSID_BYTES) return 'more';
    if (NETWORK.test(text)) return 'end';
    return text.indexOf('\r\n') < text.length - 2 ? 'corrupt' : 'end';
  }

  /** Keeps the last bytes: they may begin a CR LF or a `+WS_DATA:`. */
  #overflow(): LineProgress {
    const kept = HEAD.length - 1;
    this.#bytes.copyWithin(0, this.length - kept, this.length);
    this.length = kept;
    this.#quotes = false;
    if (this.dropping) return 'more';
    this.dropping = true;
    return 'overflow';
  }
}

/** Whether `+WS_DATA:` stands at an index. A loop: a native comparison of so few bytes takes longer. */
function isHead(bytes: Uint8Array, at: number): boolean {
  let index = 0;
  while (index < HEAD.length && bytes[at + index] === HEAD[index]) index++;
  return index === HEAD.length;
}
