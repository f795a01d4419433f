import type { DataChunk, DataFormat, LinkId } from '../types';

/** Bytes of one `+WS_DATA` at most: the largest buffer size of any firmware (class D). */
export const MAX_DATA_BYTES = 16_384;
/** Bytes of a WebSocket frame at most. A frame may exceed the device's memory. */
const MAX_FRAME_BYTES = 0xffff_ffff;

/** The highest values of `link,len,`. */
const SHORT = [2, MAX_DATA_BYTES];
/**
 * The highest values of `link,opcode,fin,payload_len,data_len,`. Opcodes: 0 continuation, 1 text, 2 binary. The firmware
 * reports no other frames (class D, measured).
 */
const LONG = [2, 2, 1, MAX_FRAME_BYTES, MAX_DATA_BYTES];

const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;

/** Parses the numbers between `+WS_DATA:` and the data, digit by digit, without allocating a string. */
export class Header {
  /** State after the last {@link read}. */
  progress: 'more' | 'complete' | 'impossible' = 'more';
  readonly #formats: readonly DataFormat[];
  #highest: readonly number[] = SHORT;
  readonly #fields = [0, 0, 0, 0, 0];
  #count = 0;
  #digits = 0;
  #value = 0;

  /** @param formats data format of each link, `short` where it has none; read whenever a header has named its link */
  constructor(formats: readonly DataFormat[]) {
    this.#formats = formats;
  }

  /** Data bytes that follow. */
  get length(): number {
    return this.#fields[this.#highest.length - 1] ?? 0;
  }

  /** Returns a chunk of data with this header. */
  chunk(bytes: Buffer): DataChunk {
    const kind = 'data';
    const link = this.#fields[0] as LinkId;
    if (this.#highest === SHORT) return { kind, link, bytes };
    const [, opcode = 0, fin, payloadLength] = this.#fields;
    return { kind, link, opcode, fin: fin === 1, payloadLength, bytes };
  }

  /** Begins the next header. */
  start(): void {
    this.#count = this.#digits = this.#value = 0;
  }

  /**
   * Takes bytes of `chunk` from index `from` on, up to the comma before the data, or to the first impossible byte.
   * @returns the index after the comma, or of the impossible byte
   */
  read(chunk: Uint8Array, from: number): number {
    let value = this.#value;
    let digits = this.#digits;
    let highest = this.#highest[this.#count] ?? 0;
    let progress: Header['progress'] = 'more';
    let at = from;
    while (at < chunk.length && progress === 'more') {
      const byte = chunk[at] ?? 0;
      if (byte >= ZERO && byte <= NINE) {
        const hasLeadingZero = digits++ > 0 && value === 0;
        value = value * 10 + (byte - ZERO);
        if (hasLeadingZero || value > highest) progress = 'impossible';
      } else {
        progress = byte === COMMA && digits > 0 ? this.#store(value) : 'impossible';
        value = digits = 0;
        highest = this.#highest[this.#count] ?? 0;
      }
      if (progress !== 'impossible') at++;
    }
    this.#value = value;
    this.#digits = digits;
    this.progress = progress;
    return at;
  }

  #store(value: number): Header['progress'] {
    if (this.#count === 0) this.#highest = this.#formats[value] === 'long' ? LONG : SHORT;
    this.#fields[this.#count++] = value;
    if (this.#count < this.#highest.length) return 'more';
    // In the long format the field before is the length of the frame, which a chunk never exceeds.
    return this.#highest === LONG && value > (this.#fields[3] ?? 0) ? 'impossible' : 'complete';
  }
}
