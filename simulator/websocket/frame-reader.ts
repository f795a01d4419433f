import type { ClientEvents, ClientOptions } from './client-options';
import type { Socket } from './socket';
import { suspend, type Task } from './task';

/** `nothing`: no header came in time, or the payload stalls and the rest is still to be read. */
type FrameOutcome = 'frame' | 'nothing' | 'failed';

const noBytes = Buffer.alloc(0);
const MAX_FRAME_BYTES = 0x7fff_ffff;

/**
 * Reads frames like the firmware's transport, with its weakness: it abandons a payload that stalls longer than the
 * timeout, and takes the rest of it for the next header.
 */
export class FrameReader {
  readonly #socket: Socket;
  readonly #options: ClientOptions;
  readonly #timeout: number;
  readonly #events: ClientEvents;
  #opcode = 0;
  #fin = false;
  #mask: Buffer | undefined;
  #length = 0;
  #remaining = 0;
  #offset = 0;
  /** What the firmware takes for the payload of a control frame: each read of it overwrites the start of this buffer. */
  #payload: Buffer = noBytes;

  /** @param timeout limit of each read, in milliseconds */
  constructor(socket: Socket, options: ClientOptions, timeout: number, events: ClientEvents) {
    this.#socket = socket;
    this.#options = options;
    this.#timeout = timeout;
    this.#events = events;
  }

  /** Of the frame read last. */
  get opcode(): number {
    return this.#opcode;
  }

  /** Of the control frame read last. */
  get payload(): Buffer {
    return this.#payload;
  }

  /** Reads one frame, chunk by chunk. The socket must be readable. */
  *readFrame(): Task<FrameOutcome> {
    if (this.#remaining === 0) {
      this.#offset = 0;
      this.#payload = noBytes;
    }
    for (;;) {
      if (this.#remaining === 0) {
        if (!(yield* this.#socket.wait(this.#timeout))) return 'nothing';
        if (!(yield* this.#readHeader())) return 'failed';
        if (this.#length === 0) {
          this.#chunk(noBytes);
          return 'frame';
        }
      }
      const outcome = yield* this.#readPayload();
      if (outcome) return outcome;
    }
  }

  /** Returns undefined where the firmware expects the next header. */
  *#readPayload(): Task<FrameOutcome | undefined> {
    const socket = this.#socket;
    const { output, firmware, bufferSize } = this.#options;
    while (this.#remaining > 0) {
      if (!output.room) {
        yield* suspend((resume) => output.whenRoom(() => resume(undefined)));
      } else if (socket.available > 0) {
        const bytes = socket.take(Math.min(this.#remaining, bufferSize));
        this.#remaining -= bytes.length;
        this.#chunk(this.#unmask(bytes));
        if (this.#offset >= this.#length) return 'frame';
      } else if (socket.finished) {
        return 'failed';
      } else if (firmware.survivesStalls) {
        return 'nothing';
      } else if (!(yield* socket.wait(this.#timeout))) {
        this.#remaining = 0;
        this.#chunk(noBytes);
      }
    }
    return undefined;
  }

  #chunk(bytes: Buffer): void {
    if (this.#opcode >= 8) this.#keepControl(bytes);
    this.#events.data({
      opcode: this.#opcode,
      fin: this.#fin,
      payloadLength: this.#length,
      payloadOffset: this.#offset,
      bytes,
    });
    this.#offset += bytes.length;
  }

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

  /** Returns false for a header that does not arrive, or is invalid. */
  *#readHeader(): Task<boolean> {
    const start = yield* this.#read(2);
    if (!start) return false;
    const [first = 0, second = 0] = start;
    this.#fin = (first & 0x80) !== 0;
    this.#opcode = first & 0x0f;
    const lengthCode = second & 0x7f;
    const extended = lengthCode === 126 ? 2 : lengthCode === 127 ? 8 : 0;
    const more = yield* this.#read(extended);
    const length = more && (extended === 0 ? lengthCode : extendedLength(more));
    if (length === undefined) return false;
    this.#length = length;
    this.#remaining = length;
    this.#mask = undefined;
    if ((second & 0x80) === 0 || length === 0) return true;
    this.#mask = yield* this.#read(4);
    return this.#mask !== undefined;
  }

  /** Reads header bytes; undefined when the stream ends or the read times out. */
  *#read(length: number): Task<Buffer | undefined> {
    const socket = this.#socket;
    let bytes: Buffer = noBytes;
    while (bytes.length < length) {
      if (socket.available > 0) {
        bytes = Buffer.concat([bytes, socket.take(length - bytes.length)]);
        // Zeros take the place of missing bytes.
        if (!this.#options.firmware.waitsForHeaders) return Buffer.concat([bytes], length);
      } else if (socket.finished || !(yield* socket.wait(this.#timeout))) {
        return undefined;
      }
    }
    return bytes;
  }
}

/** Undefined for a length beyond the firmware's 31 bits. */
function extendedLength(bytes: Buffer): number | undefined {
  const length = bytes.length === 2 ? BigInt(bytes.readUInt16BE(0)) : bytes.readBigUInt64BE(0);
  return length > MAX_FRAME_BYTES ? undefined : Number(length);
}
