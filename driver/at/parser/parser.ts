import type { DataFormat, Frame, LinkId } from '../types';
import { Body } from './body';
import { Header, LARGEST_DATA } from './header';
import { Line, LONGEST_LINE } from './line';

const CR_BYTE = 0x0d;
const LF_BYTE = 0x0a;
const SPACE = 0x20;
const PLUS = 0x2b;
const PROMPT = 0x3e;
const HEAD_LENGTH = '+WS_DATA:'.length;

/** Bytes that a {@link Parser} holds at most of what is not complete yet: one line and one chunk of data. */
export const PARSER_BUFFER_LIMIT = LONGEST_LINE + 2 + LARGEST_DATA;

const promptFrame: Frame = { kind: 'prompt' };

/** What the next byte is part of. */
type State = 'line' | 'header' | 'body' | 'cr' | 'lf';

/**
 * Turns the device's bytes into frames. The same bytes give the same frames however they are cut, a frame
 * is handed on with its last byte, and nothing is ever thrown.
 *
 * - Data is taken by its announced length and never looked at. It is a view into the pushed chunk when that
 *   holds all of it, so whoever keeps a small message for long keeps that chunk too; otherwise it is copied
 *   once. It counts only when CR LF follows; if not, that is garbage (`length`).
 * - `+WS_DATA:` opens data at the start of a line and in the middle of one. The echo of a half-typed command
 *   (it starts with `A`) goes on behind the data as if nothing had come between; anything else in front
 *   is noise, handed on as a line of its own right after the data. Only in answers, past the colon of
 *   `+NAME:`, does it mean nothing: they quote other people's text.
 * - After garbage the rest of the line is given up, but for data in it.
 * - Other reports in the middle of an echo cannot be told from it. With echo off there are none.
 *
 * It holds at most one line and one chunk of data, {@link PARSER_BUFFER_LIMIT} bytes, and the pushed chunk that a
 * view waits in for its CR LF. A handler may push, reset or set formats: pushed bytes wait for their turn.
 * It must not throw: the rest of the chunk would be lost.
 */
export class Parser {
  /**
   * Whether `>` at the start of a line is the data prompt. Set by whoever has sent a command that wants
   * payload; false again once the prompt has come. A space behind it belongs to it.
   */
  expectPrompt = false;
  readonly #handler: (frame: Frame) => void;
  readonly #formats: DataFormat[] = ['short', 'short', 'short'];
  readonly #line = new Line();
  readonly #header = new Header(this.#formats);
  readonly #body = new Body();
  #state: State = 'line';
  #prompted = false;
  #count = 0;
  #pushing = false;
  readonly #waiting: Buffer[] = [];

  constructor(handler: (frame: Frame) => void) {
    this.#handler = handler;
  }

  /** Whether a line or data has begun whose end is not here yet. See {@link abandon}. */
  get unfinished(): boolean {
    return this.#state !== 'line' || this.#line.length > 0;
  }

  /** Counts lines and announcements of data, so that one that is unfinished can be told from the next. */
  get frameCount(): number {
    return this.#count;
  }

  /** Whether the line that has begun holds what stands in no line but in answers, where anybody's text may be. */
  get garbled(): boolean {
    return this.#state === 'line' && this.#line.garbled;
  }

  /** Bytes of memory in use for what is not complete yet; never above {@link PARSER_BUFFER_LIMIT}. */
  get held(): number {
    return this.#line.length + this.#body.held;
  }

  /** How the `+WS_DATA` reports of a link look from the next one on; `short` until told otherwise. */
  setDataFormat(link: LinkId, format: DataFormat): void {
    this.#formats[link] = format;
  }

  /** Forgets all of what came and was set: the device has restarted, or it is another one. */
  reset(): void {
    this.#formats.fill('short');
    this.expectPrompt = false;
    this.#startLine();
  }

  /**
   * Gives up a line or data whose rest will not come, which only time can tell: a damaged length would
   * swallow whatever is said next, and a line end that was lost would keep a report back. Does nothing in
   * between.
   */
  abandon(): void {
    if (!this.unfinished) return;
    const length = this.#state === 'line' ? this.#line.length : this.#dataLength();
    this.#startLine();
    this.#handler({ kind: 'garbage', reason: 'cut', length });
  }

  /** Takes what came from the device, and hands on every frame that it completes. */
  push(chunk: Buffer): void {
    if (this.#pushing) {
      this.#waiting.push(chunk);
      return;
    }
    this.#pushing = true;
    try {
      this.#read(chunk);
      while (this.#waiting.length > 0) this.#read(this.#waiting.shift() ?? chunk);
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
          at = this.#body.read(chunk, at);
          if (this.#body.missing === 0) this.#state = 'cr';
          break;
        case 'cr':
          if (chunk[at] === CR_BYTE) {
            this.#state = 'lf';
            at++;
          } else {
            this.#damaged('length');
          }
          break;
        case 'lf':
          if (chunk[at] === LF_BYTE) {
            at++;
            this.#dataComplete();
          } else {
            this.#damaged('length');
          }
          break;
      }
    }
  }

  #readLine(chunk: Buffer, from: number): number {
    const line = this.#line;
    if (line.length === 0 && !line.dropping) {
      const byte = chunk[from];
      if (byte === PROMPT && this.expectPrompt) {
        this.expectPrompt = false;
        this.#prompted = true;
        this.#handler(promptFrame);
        return from + 1;
      }
      const prompted = this.#prompted;
      this.#prompted = false;
      if (prompted && byte === SPACE) return from + 1;
      if (byte === PLUS) {
        const end = line.headAt(chunk, from);
        if (end > 0) {
          this.#startHeader();
          return end;
        }
      }
    }
    const end = line.read(chunk, from);
    switch (line.progress) {
      case 'more':
        break;
      case 'end':
        this.#lineComplete();
        break;
      case 'data':
        this.#startHeader();
        break;
      case 'overflow':
        this.#handler({ kind: 'garbage', reason: 'overflow', length: LONGEST_LINE });
        break;
    }
    return end;
  }

  #startHeader(): void {
    this.#count++;
    this.#header.start();
    this.#state = 'header';
  }

  #readHeader(chunk: Buffer, from: number): number {
    const header = this.#header;
    const before = header.taken;
    const progress = header.read(chunk, from);
    const end = from + header.taken - before;
    if (progress === 'complete') {
      this.#body.start(header.length);
      this.#state = header.length === 0 ? 'cr' : 'body';
    } else if (progress === 'impossible') {
      this.#damaged('header');
    }
    return end;
  }

  #lineComplete(): void {
    const line = this.#line;
    this.#count++;
    if (line.dropping || line.length === 2) {
      line.start();
      return;
    }
    const text = line.text;
    line.start();
    this.#handler({ kind: 'line', text });
  }

  #dataComplete(): void {
    const { link, opcode, fin, payloadLength } = this.#header;
    const { bytes } = this.#body;
    const noise = this.#interrupted();
    this.#body.clear();
    this.#state = 'line';
    this.#handler(
      opcode === undefined
        ? { kind: 'data', link, bytes }
        : { kind: 'data', link, opcode, fin, payloadLength, bytes },
    );
    if (noise !== '') this.#handler({ kind: 'line', text: noise });
  }

  /** Deals with the line in which the data came; returns what of it was noise. */
  #interrupted(): string {
    const line = this.#line;
    if (line.length > 0 && !line.dropping) {
      if (line.isEcho) return '';
      const noise = line.part;
      line.start();
      return noise;
    }
    line.start();
    return '';
  }

  /** Where the next report starts is not known. */
  #damaged(reason: 'header' | 'length'): void {
    const length =
      reason === 'length' ? this.#dataLength() : this.#line.length + this.#headLength();
    this.#startLine();
    this.#line.drop();
    this.#handler({ kind: 'garbage', reason, length });
  }

  #headLength(): number {
    return HEAD_LENGTH + this.#header.taken;
  }

  #dataLength(): number {
    return this.#line.length + this.#headLength() + this.#body.length - this.#body.missing;
  }

  #startLine(): void {
    this.#line.start();
    this.#body.clear();
    this.#state = 'line';
    this.#prompted = false;
  }
}
