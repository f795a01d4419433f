import { isUtf8 } from 'node:buffer';
import type { Message } from '../../../driver/link/events';
import { NodeError } from '../errors/node-error';
import type { Framing } from '../../../driver/link/receive/options';

/**
 * What ws-open and ws-request make of received bytes.
 *
 * - `auto`: text as a string, binary as a Buffer; a Buffer too if it is not valid UTF-8, which no firmware checks.
 *   ws-request first parses a reply that is a JSON object or array.
 * - `string`, `buffer`, `json`: always this.
 */
export type PayloadFormat = 'auto' | 'string' | 'buffer' | 'json';

/** Makes the payloads of the messages of one connection. */
export class PayloadDecoder {
  readonly #format: PayloadFormat;
  /** Messages are pieces, which may end in the middle of a character. */
  readonly #pieces: boolean;
  #rest = Buffer.alloc(0);

  constructor(format: PayloadFormat, framing: Framing['by']) {
    this.#format = format;
    this.#pieces = framing === 'chunk';
  }

  /**
   * The payload; undefined if the piece is part of one character, which it keeps for the next piece.
   * @throws NodeError `NOT_JSON`
   */
  payload({ bytes, opcode, link }: Message): unknown {
    if (this.#format === 'buffer') return bytes;
    if (this.#format === 'json') return parse(bytes, link);
    if (opcode === 2 && this.#format === 'auto') return bytes;
    if (opcode !== undefined) return this.#whole(bytes);
    return this.#pieces ? this.#piece(bytes) : this.#whole(bytes);
  }

  /** The bytes kept of the last piece, as a payload; undefined if there are none. */
  end(): unknown {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    return rest.length === 0 ? undefined : this.#whole(rest);
  }

  #whole(bytes: Buffer): Buffer | string {
    return this.#format === 'auto' && !isUtf8(bytes) ? bytes : bytes.toString();
  }

  #piece(piece: Buffer): unknown {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const cut = completeLength(bytes);
    const complete = bytes.subarray(0, cut);
    // Bytes that are not text leave at once, as they came.
    const binary = this.#format === 'auto' && !isUtf8(complete);
    this.#rest = binary ? Buffer.alloc(0) : Buffer.from(bytes.subarray(cut));
    if (binary) return bytes;
    return cut === 0 && bytes.length > 0 ? undefined : complete.toString();
  }
}

/** The number of bytes before an incomplete UTF-8 character at the end. */
function completeLength(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function parse(bytes: Buffer, link: number): unknown {
  try {
    // JSON is UTF-8 (RFC 8259, section 8.1); toString() would replace other bytes unnoticed.
    if (isUtf8(bytes)) return JSON.parse(bytes.toString());
  } catch {
    // Not JSON either.
  }
  throw new NodeError('NOT_JSON', { link });
}
