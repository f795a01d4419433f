import type { DataFormat, Frame, LinkId } from '../types';
import { Header, MAX_DATA_BYTES } from './header';
import { Line, MAX_LINE_BYTES } from './line';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const PROMPT = 0x3e;
/** An echo of a command starts with it. */
const ECHO_START = 'A';

/** Bytes of incomplete frames that a {@link Parser} holds at most: one line and one chunk of data. */
export const PARSER_BUFFER_LIMIT_BYTES = MAX_LINE_BYTES + 2 + MAX_DATA_BYTES;

/** Bytes that a loop copies faster than a native call does. */
const MAX_LOOP_BYTES = 48;

const NOTHING = Buffer.alloc(0);

/** The element that the next byte belongs to. */
type State = 'line' | 'header' | 'body' | 'cr' | 'lf' | 'foreign';

/**
 * Parses the device's bytes into frames. The same bytes give the same frames however the port cuts them. The parser
 * emits a frame with its last byte, and never throws.
 *
 * - The parser takes data by its announced length and never scans it. Data is a view where one pushed chunk holds
 *   all of it: keeping a small message keeps that chunk too. Otherwise the parser copies it once. Without CR LF
 *   behind it, data becomes garbage.
 * - `+WS_DATA:` begins data at the start of a line and in the middle of it. After the data, the echo of a half-typed
 *   command (it starts with `A`) continues. Any other text before the data is noise, and becomes a line right after
 *   the data. An information response, past the colon of `+NAME:`, may quote `+WS_DATA:`; there it begins nothing.
 * - The parser skips the data of `+IPD`, which belongs to a TCP, UDP or SSL connection: no line end follows it.
 * - After garbage the parser drops the rest of the line, except data in it. After {@link abandon} it drops nothing.
 * - The parser cannot tell other URCs in the middle of an echo from the echo. With echo off there is none.
 *
 * The parser holds at most one line and one chunk of data, {@link PARSER_BUFFER_LIMIT_BYTES} bytes, and the pushed chunk
 * whose view still lacks its CR LF. A handler may push, reset or set formats: the parser queues bytes that a handler
 * pushes. A handler must not throw: the rest of the chunk would be lost.
 */
export class Parser {
  /**
   * Whether `>` at the start of a line is the data prompt. The client sets it before a command with a payload. The prompt
   * clears it.
   */
  expectPrompt = false;
  readonly #handler: (frame: Frame) => void;
  readonly #formats: DataFormat[] = ['short', 'short', 'short'];
  readonly #line = new Line();
  readonly #header = new Header(this.#formats);
  #state: State = 'line';
  /** Bytes of the data, or of the data of `+IPD`, that have not come. */
  #missing = 0;
  #data: Buffer = NOTHING;
  /** Bytes of {@link #data} if it is a copy: its bytes have come in several chunks. */
  #copiedBytes = 0;
  /** Whether the last byte was a prompt: a space may follow it. */
  #prompted = false;
  #frameCount = 0;
  #pushing = false;
  readonly #waiting: Buffer[] = [];

  constructor(handler: (frame: Frame) => void) {
    this.#handler = handler;
  }

  /** Whether a line or data has begun and is incomplete. See {@link abandon}. */
  get unfinished(): boolean {
    return this.#state !== 'line' || this.#line.length > 0;
  }

  /** Counts lines, `+WS_DATA:` headers, ends of data and drops, so that a timeout can tell an unfinished frame from the next. */
  get frameCount(): number {
    return this.#frameCount;
  }

  /** Whether the current line has NUL or bytes outside ASCII, which only information responses may quote. */
  get garbled(): boolean {
    return this.#state === 'line' && this.#line.garbled;
  }

  /** Bytes of memory that incomplete frames take up; never above {@link PARSER_BUFFER_LIMIT_BYTES}. */
  get held(): number {
    return this.#line.length + this.#copiedBytes;
  }

  /** Sets the format of a link's `+WS_DATA`, from the next header on. Default: `short`. */
  setDataFormat(link: LinkId, format: DataFormat): void {
    this.#formats[link] = format;
  }

  /** Drops incomplete frames and all settings: the device has restarted, or is another device. */
  reset(): void {
    this.#formats.fill('short');
    this.expectPrompt = false;
    this.#startLine();
  }

  /**
   * Drops an unfinished line or data, after the partial-frame timeout: a corrupt length would swallow all that
   * follows, and a lost line end would delay a URC. Does nothing between frames.
   */
  abandon(): void {
    if (!this.unfinished) return;
    this.#startLine();
    this.#handler({ kind: 'garbage' });
  }

  /** Parses bytes from the device, and emits every frame that they complete. */
  push(chunk: Buffer): void {
    if (this.#pushing) {
      this.#waiting.push(chunk);
      return;
    }
    this.#pushing = true;
    try {
      for (let next: Buffer | undefined = chunk; next; next = this.#waiting.shift())
        this.#read(next);
    } finally {
      this.#pushing = false;
    }
  }

  #read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case 'line':
          at = this.#readLine(chunk, at);
          break;
        case 'header':
          at = this.#readHeader(chunk, at);
          break;
        case 'body':
          at = this.#readBody(chunk, at);
          break;
        case 'foreign':
          at = this.#skipForeign(chunk, at);
          break;
        case 'cr':
        case 'lf':
          at = this.#readLineEnd(chunk, at);
          break;
      }
    }
  }

  #readLine(chunk: Buffer, from: number): number {
    const line = this.#line;
    if (line.length === 0 && !line.dropping) {
      const byte = chunk[from];
      const prompted = this.#prompted;
      this.#prompted = byte === PROMPT && this.expectPrompt;
      if (this.#prompted) {
        this.expectPrompt = false;
        this.#handler({ kind: 'prompt' });
        return from + 1;
      }
      if (prompted && byte === SPACE) return from + 1;
    }
    const end = line.read(chunk, from);
    switch (line.progress) {
      case 'more':
        break;
      case 'end':
        this.#lineComplete();
        break;
      case 'corrupt':
        this.#startLine();
        this.#handler({ kind: 'garbage' });
        break;
      case 'data':
        this.#frameCount++;
        this.#header.start();
        this.#state = 'header';
        break;
      case 'foreign':
        this.#missing = line.foreignBytes;
        this.#state = 'foreign';
        break;
      case 'overflow':
        this.#handler({ kind: 'garbage' });
        break;
    }
    return end;
  }

  #readHeader(chunk: Buffer, from: number): number {
    const header = this.#header;
    const end = header.read(chunk, from);
    if (header.progress === 'complete') {
      this.#missing = header.length;
      this.#state = 'body';
    } else if (header.progress === 'impossible') {
      this.#dropCorrupt();
    }
    return end;
  }

  #readBody(chunk: Buffer, from: number): number {
    const { length } = this.#header;
    const end = Math.min(chunk.length, from + this.#missing);
    if (end - from === length) {
      this.#data = chunk.subarray(from, end);
    } else {
      if (this.#copiedBytes === 0) this.#data = Buffer.allocUnsafe(length);
      this.#copiedBytes = length;
      copy(chunk, from, end, this.#data, length - this.#missing);
    }
    this.#missing -= end - from;
    if (this.#missing === 0) this.#state = 'cr';
    return end;
  }

  #readLineEnd(chunk: Buffer, at: number): number {
    const isCr = this.#state === 'cr';
    if (chunk[at] !== (isCr ? CR : LF)) {
      this.#dropCorrupt();
      return at;
    }
    if (isCr) this.#state = 'lf';
    else this.#dataComplete();
    return at + 1;
  }

  /** Emits the header of `+IPD` as a line, with the last byte of its data. */
  #skipForeign(chunk: Buffer, from: number): number {
    const skipped = Math.min(this.#missing, chunk.length - from);
    this.#missing -= skipped;
    if (this.#missing === 0) {
      const { text } = this.#line;
      this.#startLine();
      this.#handler({ kind: 'line', text });
    }
    return from + skipped;
  }

  #lineComplete(): void {
    const text = this.#line.text.slice(0, -2);
    this.#frameCount++;
    this.#line.start();
    if (text !== '') this.#handler({ kind: 'line', text });
  }

  #dataComplete(): void {
    const frame = this.#header.chunk(this.#data);
    const { text } = this.#line;
    const isEcho = text.startsWith(ECHO_START);
    this.#endFrame();
    if (!isEcho) this.#line.start();
    this.#handler(frame);
    if (!isEcho && text !== '') this.#handler({ kind: 'line', text });
  }

  /** The start of the next frame is unknown: drops bytes up to the next CR LF. */
  #dropCorrupt(): void {
    this.#startLine(true);
    this.#handler({ kind: 'garbage' });
  }

  #startLine(dropping = false): void {
    this.#endFrame();
    this.#line.start(dropping);
    this.#prompted = false;
  }

  #endFrame(): void {
    this.#frameCount++;
    this.#data = NOTHING;
    this.#copiedBytes = 0;
    this.#state = 'line';
  }
}

/** Copies the bytes `from` up to `end`. */
function copy(source: Buffer, from: number, end: number, target: Buffer, to: number): void {
  if (end - from > MAX_LOOP_BYTES) source.copy(target, to, from, end);
  else for (let at = from; at < end; at++) target[to + at - from] = source[at] ?? 0;
}
