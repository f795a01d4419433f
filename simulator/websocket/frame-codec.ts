import { endianness } from 'node:os';
import type { Random } from '../random';

/** Opcodes of RFC 6455, section 5.2. */
export const opcodes = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Encodes a masked frame, as a client must send it (RFC 6455, section 5.3). */
export function encodeFrame(fin: boolean, opcode: number, payload: Buffer, random: Random): Buffer {
  const length = payload.length;
  const headerLength = length < 126 ? 6 : length < 0x1_0000 ? 8 : 14;
  // Aligns the payload to 4 bytes, to mask it word by word.
  const lead = (4 - (headerLength % 4)) % 4;
  const memory = Buffer.from(new ArrayBuffer(lead + headerLength + ((length + 3) & ~3)));
  const frame = memory.subarray(lead, lead + headerLength + length);
  frame[0] = (fin ? 0x80 : 0) | opcode;
  if (length < 126) {
    frame[1] = 0x80 | length;
  } else if (length < 0x1_0000) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  const mask = Math.floor(random() * 0x1_0000_0000) >>> 0;
  frame.writeUInt32BE(mask, headerLength - 4);
  payload.copy(frame, headerLength);
  maskWords(memory, lead + headerLength, length, mask);
  return frame;
}

/** A frame of a peer (RFC 6455, section 5.2). */
export interface ReceivedFrame {
  /** The byte with FIN, the reserved bits and the opcode. */
  readonly first: number;
  readonly masked: boolean;
  /** Bytes of the frame, and of its payload. */
  readonly size: number;
  readonly length: number;
  /** The payload received so far, unmasked. */
  readonly payload: Buffer;
}

/** Reads the frame at the start of some bytes; undefined while its header is incomplete. */
export function readFrame(bytes: Buffer): ReceivedFrame | undefined {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return undefined;
  const masked = second >= 0x80;
  const code = second & 0x7f;
  const header = 2 + (code === 126 ? 2 : code === 127 ? 8 : 0) + (masked ? 4 : 0);
  if (bytes.length < header) return undefined;
  const length =
    code === 126 ? bytes.readUInt16BE(2) : code === 127 ? Number(bytes.readBigUInt64BE(2)) : code;
  const size = header + length;
  const payload = Buffer.from(bytes.subarray(header, size));
  if (masked) {
    const mask = bytes.subarray(header - 4, header);
    for (const [index, byte] of payload.entries()) payload[index] = byte ^ (mask[index % 4] ?? 0);
  }
  return { first, masked, size, length, payload };
}

function maskWords(memory: Buffer, offset: number, length: number, mask: number): void {
  const words = new Uint32Array(memory.buffer, offset, (length + 3) >> 2);
  const word = IS_LITTLE_ENDIAN ? swap(mask) : mask;
  for (let index = 0; index < words.length; index++) words[index] = (words[index] ?? 0) ^ word;
}

const swap = (word: number): number =>
  ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
