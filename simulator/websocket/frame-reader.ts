import type { Firmware } from '../device/firmware';
import type { Socket } from './socket';

/** The part of a frame that one read of the socket returns; the firmware sends each as a `+WS_DATA`. */
export interface Chunk {
  readonly opcode: number;
  readonly fin: boolean;
  /** The length of the frame's payload. */
  readonly payloadLength: number;
  /** Index in the payload at which this chunk begins. */
  readonly payloadOffset: number;
  readonly bytes: Buffer;
}

interface FrameReaderOptions {
  readonly bufferSize: number;
  readonly firmware: Firmware;
  /** Limit of each read, in milliseconds. */
  readonly timeout: number;
  data(chunk: Chunk): void;
  ready(resume: () => void): boolean;
}

/** `nothing`: no header came in time, or the payload stalls and the rest is still to be read. */
type FrameOutcome = 'frame' | 'nothing' | 'failed';

const MAX_FRAME_BYTES = 0x7fff_ffff;

/**
 * Reads frames like the firmware's transport, with its weakness: it abandons a payload that stalls longer than the
 * timeout, and takes the rest of it for the next header.
 */
export class FrameReader {
  readonly #socket: Socket;
  readonly #options: FrameReaderOptions;
  #opcode = 0;
  #fin = false;
  #mask: Buffer | undefined;
  #length = 0;
  #remaining = 0;
  #offset = 0;
  /** The receive buffer after the last chunk, from which the client takes the payload of a control frame. */
  #payload: Buffer = Buffer.alloc(0);

  constructor(socket: Socket, options: FrameReaderOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Of the frame read last. */
  get opcode(): number {
    return this.#opcode;
  }

  /** Of the control frame read last. */
  get payload(): Buffer {
    return this.#payload;
  }

  /** Reads one frame, chunk by chunk, then calls `done`. The socket must be readable. */
  readFrame(done: (outcome: FrameOutcome) => void): void {
    if (this.#remaining === 0) {
      this.#offset = 0;
      this.#payload = Buffer.alloc(0);
    }
    this.#next(done);
  }

  #next(done: (outcome: FrameOutcome) => void): void {
    if (this.#remaining > 0) {
      this.#readPayload(done);
      return;
    }
    this.#socket.wait(this.#options.timeout, (readable) => {
      if (!readable) {
        done('nothing');
        return;
      }
      this.#readHeader((ok) => {
        if (!ok) {
          done('failed');
          return;
        }
        if (this.#length > 0) {
          this.#readPayload(done);
          return;
        }
        this.#chunk(Buffer.alloc(0));
        done('frame');
      });
    });
  }

  #readPayload(done: (outcome: FrameOutcome) => void): void {
    for (;;) {
      if (!this.#options.ready(() => this.#readPayload(done))) return;
      if (this.#socket.available === 0) {
        if (this.#socket.finished) {
          done('failed');
          return;
        }
        if (this.#options.firmware.survivesStalls) {
          done('nothing');
          return;
        }
        this.#socket.wait(this.#options.timeout, (readable) => {
          if (readable) {
            this.#readPayload(done);
            return;
          }
          this.#remaining = 0;
          this.#chunk(Buffer.alloc(0));
          this.#next(done);
        });
        return;
      }
      const bytes = this.#socket.take(Math.min(this.#remaining, this.#options.bufferSize));
      this.#remaining -= bytes.length;
      this.#chunk(this.#unmask(bytes));
      if (this.#offset >= this.#length) {
        done('frame');
        return;
      }
      if (this.#remaining === 0) {
        this.#next(done);
        return;
      }
    }
  }

  #chunk(bytes: Buffer): void {
    if (this.#opcode >= 8) this.#keepControl(bytes);
    this.#options.data({
      opcode: this.#opcode,
      fin: this.#fin,
      payloadLength: this.#length,
      payloadOffset: this.#offset,
      bytes,
    });
    this.#offset += bytes.length;
  }

  /** Each read of a control frame overwrites the start of the buffer, and leaves the rest as it was. */
  #keepControl(bytes: Buffer): void {
    if (this.#payload.length !== this.#length) this.#payload = Buffer.alloc(this.#length);
    bytes.copy(this.#payload);
  }

  /** Restarts the mask with every read, as the firmware does. */
  #unmask(bytes: Buffer): Buffer {
    const mask = this.#mask;
    if (!mask) return bytes;
    return Buffer.from(bytes.map((byte, index) => byte ^ (mask[index % 4] ?? 0)));
  }

  #readHeader(done: (ok: boolean) => void): void {
    this.#read(2, (start) => {
      if (!start) {
        done(false);
        return;
      }
      const first = start[0] ?? 0;
      const second = start[1] ?? 0;
      this.#fin = (first & 0x80) !== 0;
      this.#opcode = first & 0x0f;
      const lengthCode = second & 0x7f;
      const extended = lengthCode === 126 ? 2 : lengthCode === 127 ? 8 : 0;
      this.#read(extended, (more) => {
        const length = more && (extended === 0 ? lengthCode : extendedLength(more));
        if (length === undefined) {
          done(false);
          return;
        }
        this.#length = length;
        this.#remaining = length;
        this.#mask = undefined;
        if ((second & 0x80) === 0 || length === 0) {
          done(true);
          return;
        }
        this.#read(4, (mask) => {
          this.#mask = mask;
          done(mask !== undefined);
        });
      });
    });
  }

  /** Reads header bytes; undefined when the stream ends or the read times out. */
  #read(
    length: number,
    done: (bytes: Buffer | undefined) => void,
    before: Buffer = Buffer.alloc(0),
  ): void {
    if (length === 0) {
      done(before);
      return;
    }
    if (this.#socket.available === 0) {
      if (this.#socket.finished) {
        done(undefined);
        return;
      }
      this.#socket.wait(this.#options.timeout, (readable) => {
        if (readable) this.#read(length, done, before);
        else done(undefined);
      });
      return;
    }
    const part = this.#socket.take(length);
    const bytes = before.length === 0 ? part : Buffer.concat([before, part]);
    const missing = length - part.length;
    if (missing === 0) {
      done(bytes);
      return;
    }
    if (this.#options.firmware.waitsForHeaders) {
      this.#read(missing, done, bytes);
      return;
    }
    done(Buffer.concat([bytes, Buffer.alloc(missing)]));
  }
}

/** Undefined for a length beyond the firmware's 31 bits. */
function extendedLength(bytes: Buffer): number | undefined {
  const length = bytes.length === 2 ? BigInt(bytes.readUInt16BE(0)) : bytes.readBigUInt64BE(0);
  return length > MAX_FRAME_BYTES ? undefined : Number(length);
}
