import { readFrame, type Frame } from '../../../simulator/websocket/frame-codec';

/** A frame from the client, with its mask bit and its time. */
export interface ReceivedFrame extends Frame {
  readonly masked: boolean;
  /** The server's clock when the frame was complete, in milliseconds. */
  readonly at: number;
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
    const frame = readFrame(this.#rest);
    if (!frame || this.#rest.length < frame.size) return undefined;
    this.#rest = this.#rest.subarray(frame.size);
    const { fin, opcode, masked, payload } = frame;
    return { fin, opcode, masked, payload };
  }
}
