import type { DataFormat, LinkId } from '../types';

/** Bytes of one `+WS_DATA` at most: the largest buffer size of any firmware (class D). */
export const MAX_DATA_BYTES = 16_384;

const MAX_LINK = 2;
/** 0 continuation · 1 text · 2 binary. The firmware reports no other frames (class D, measured). */
const MAX_OPCODE = 2;
/** Bytes of a WebSocket frame at most. A frame may exceed the device's memory. */
const MAX_FRAME_BYTES = 0xffff_ffff;

const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;

/** State of a header after a read. */
export type HeaderProgress = 'more' | 'complete' | 'impossible';

/**
 * Parses the numbers between `+WS_DATA:` and the data, digit by digit, without allocating a string:
 * `link,len,` or, in the long format, `link,opcode,fin,payload_len,data_len,`.
 */
export class Header {
  link: LinkId = 0;
  /** Undefined in the short format, as are {@link fin} and {@link payloadLength}. */
  opcode: number | undefined;
  fin: boolean | undefined;
  payloadLength: number | undefined;
  /** Data bytes that follow. */
  length = 0;
  /** State after the last {@link read}. */
  progress: HeaderProgress = 'more';
  readonly #formats: readonly DataFormat[];
  #field = 0;
  #digits = 0;
  #value = 0;
  #highest = MAX_LINK;

  /** @param formats data format of each link, `short` where it has none; read whenever a header has named its link */
  constructor(formats: readonly DataFormat[]) {
    this.#formats = formats;
  }

  /** Begins the next header. */
  start(): void {
    this.#field = 0;
    this.#digits = 0;
    this.#value = 0;
    this.#highest = MAX_LINK;
  }

  /**
   * Takes bytes of `chunk` from index `from` on, up to the comma before the data, or to the first impossible byte.
   * @returns the index after the comma, or of the impossible byte
   */
  read(chunk: Uint8Array, from: number): number {
    let value = this.#value;
    let digits = this.#digits;
    let progress: HeaderProgress = 'more';
    let at = from;
    while (progress === 'more' && at < chunk.length) {
      const byte = chunk[at] ?? 0;
      if (byte >= ZERO && byte <= NINE) {
        const leadingZero = digits > 0 && value === 0;
        value = value * 10 + (byte - ZERO);
        digits++;
        if (leadingZero || value > this.#highest) progress = 'impossible';
        else at++;
      } else if (byte === COMMA && digits > 0) {
        if (this.#store(value)) progress = 'complete';
        value = digits = 0;
        at++;
      } else {
        progress = 'impossible';
      }
    }
    this.#value = value;
    this.#digits = digits;
    this.progress = progress;
    return at;
  }

  /** Stores a field; returns whether it was the last. */
  #store(value: number): boolean {
    switch (this.#field++) {
      case 0:
        this.link = value === 0 ? 0 : value === 1 ? 1 : 2;
        if (this.#formats[value] === 'long') {
          this.#highest = MAX_OPCODE;
        } else {
          this.opcode = this.fin = this.payloadLength = undefined;
          // The short format has no fields 1 to 3: the length is next.
          this.#field = 4;
          this.#highest = MAX_DATA_BYTES;
        }
        return false;
      case 1:
        this.opcode = value;
        this.#highest = 1;
        return false;
      case 2:
        this.fin = value === 1;
        this.#highest = MAX_FRAME_BYTES;
        return false;
      case 3:
        this.payloadLength = value;
        // A chunk is never longer than its frame.
        this.#highest = Math.min(value, MAX_DATA_BYTES);
        return false;
      default:
        this.length = value;
        return true;
    }
  }
}
