/** A WebSocket frame (RFC 6455, section 5.2). */
export interface WsFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
}

/** A frame from the client, with its mask bit and its time. */
export interface ReceivedFrame extends WsFrame {
  readonly masked: boolean;
  /** The server's clock when the frame was complete, in milliseconds. */
  readonly at: number;
}

/** Encodes a server's frame, without a mask. */
export function encodeFrame(frame: WsFrame): Buffer {
  return Buffer.concat([encodeHeader(frame, frame.payload.length), frame.payload]);
}

/** Encodes a header; `length` may exceed the payload that follows. */
export function encodeHeader(frame: Omit<WsFrame, 'payload'>, length: number): Buffer {
  const first = (frame.fin ? 0x80 : 0) | frame.opcode;
  if (length < 126) return Buffer.from([first, length]);
  if (length < 0x10000) {
    const header = Buffer.from([first, 126, 0, 0]);
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.alloc(10);
  header[0] = first;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}

/** The payload of a close frame; empty without a code. */
export function closePayload(code?: number, reason = ''): Buffer {
  if (code === undefined) return Buffer.alloc(0);
  const head = Buffer.alloc(2);
  head.writeUInt16BE(code);
  return Buffer.concat([head, Buffer.from(reason)]);
}

/** Splits a client's bytes into frames. Does not validate them: tests do. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that `chunk` completes. */
  push(chunk: Buffer): Omit<ReceivedFrame, 'at'>[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Omit<ReceivedFrame, 'at'>[] = [];
    for (let frame = this.#take(); frame; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Omit<ReceivedFrame, 'at'> | undefined {
    const bytes = this.#rest;
    if (bytes.length < 2) return undefined;
    const first = bytes.readUInt8(0);
    const second = bytes.readUInt8(1);
    const masked = (second & 0x80) !== 0;
    const lengthCode = second & 0x7f;
    const lengthBytes = lengthCode === 126 ? 2 : lengthCode === 127 ? 8 : 0;
    const head = 2 + lengthBytes + (masked ? 4 : 0);
    if (bytes.length < head) return undefined;
    let length = lengthCode;
    if (lengthCode === 126) length = bytes.readUInt16BE(2);
    else if (lengthCode === 127) length = Number(bytes.readBigUInt64BE(2));
    if (bytes.length < head + length) return undefined;
    const payload = Buffer.from(bytes.subarray(head, head + length));
    if (masked) unmask(payload, bytes.subarray(head - 4, head));
    this.#rest = bytes.subarray(head + length);
    return { fin: (first & 0x80) !== 0, opcode: first & 0x0f, masked, payload };
  }
}

function unmask(payload: Buffer, mask: Buffer): void {
  for (let index = 0; index < payload.length; index++) {
    payload[index] = (payload[index] ?? 0) ^ (mask[index & 3] ?? 0);
  }
}
