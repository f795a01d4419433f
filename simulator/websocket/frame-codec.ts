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

/** A frame (RFC 6455, section 5.2). */
export interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Encodes a masked frame, as a client must send it (RFC 6455, section 5.3). */
export function encodeFrame(frame: Frame, random: Random): Buffer {
  const { payload } = frame;
  const { length } = payload;
  const headerLength = headerBytes(length) + 4;
  // Aligns mask and payload to 4 bytes, to mask word by word.
  const lead = (4 - (headerLength % 4)) % 4;
  const memory = Buffer.from(new ArrayBuffer(lead + headerLength + ((length + 3) & ~3)));
  const bytes = memory.subarray(lead, lead + headerLength + length);
  writeHeader(bytes, frame, 0x80);
  bytes.writeUInt32BE(Math.floor(random() * 0x1_0000_0000), headerLength - 4);
  payload.copy(bytes, headerLength);
  const words = new Uint32Array(memory.buffer, lead + headerLength - 4);
  const [mask = 0] = words;
  for (let index = 1; index < words.length; index++) words[index] = (words[index] ?? 0) ^ mask;
  return bytes;
}

/** Encodes a frame without a mask, as a server must send it (RFC 6455, section 5.1). */
export function encodeServerFrame(frame: Frame): Buffer {
  const header = Buffer.alloc(headerBytes(frame.payload.length));
  writeHeader(header, frame, 0);
  return Buffer.concat([header, frame.payload]);
}

/** Length of a header without its mask. */
function headerBytes(payloadLength: number): number {
  return payloadLength < 126 ? 2 : payloadLength < 0x1_0000 ? 4 : 10;
}

function writeHeader(bytes: Buffer, frame: Frame, maskBit: 0 | 0x80): void {
  const { fin, opcode, payload } = frame;
  const { length } = payload;
  bytes[0] = (fin ? 0x80 : 0) | opcode;
  bytes[1] = maskBit | (length < 126 ? length : length < 0x1_0000 ? 126 : 127);
  if (length >= 0x1_0000) bytes.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) bytes.writeUInt16BE(length, 2);
}

/** A frame of a peer. */
export interface ReceivedFrame extends Frame {
  /** The reserved bits. */
  readonly rsv: number;
  readonly masked: boolean;
  /** Bytes of the whole frame. */
  readonly size: number;
  /** Bytes of the whole payload. */
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
  const [fin, rsv, opcode] = [first >= 0x80, (first >> 4) & 7, first & 0x0f];
  return { fin, rsv, opcode, masked, size, length, payload };
}
