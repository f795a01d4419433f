import type { ClientOptions } from './client-options';
import { encodeFrame, opcodes, type Frame } from './frame-codec';
import type { Socket } from './socket';
import type { Task } from './task';

/** Limit of the wait for room for a control frame. */
const CONTROL_TIMEOUT_MS = 10_000;
const noBytes = Buffer.alloc(0);

/** Writes frames to a connection: waits for room, then until TCP has taken all bytes. Each method returns whether it has taken them. */
export class Sender {
  readonly #socket: Socket;
  readonly #options: ClientOptions;

  constructor(socket: Socket, options: ClientOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /**
   * Sends a message, or a part of one, in frames of at most `bufferSize` bytes.
   *
   * @param message its `fin` is that of its last frame
   * @param timeout milliseconds to wait for room
   */
  *message({ opcode, fin, payload }: Frame, timeout: number): Task<boolean> {
    const { bufferSize } = this.#options;
    // The firmware's loop sends no frame for an empty continuation without FIN.
    if (!fin && opcode === opcodes.continuation && payload.length === 0) return true;
    for (let start = 0; start === 0 || start < payload.length; start += bufferSize) {
      const end = start + bufferSize;
      const frame = {
        opcode: start === 0 ? opcode : opcodes.continuation,
        fin: fin && end >= payload.length,
        payload: payload.subarray(start, end),
      };
      if (!(yield* this.frame(frame, timeout))) return false;
    }
    return true;
  }

  /** Sends a frame without a payload. */
  control(opcode: number): Task<boolean> {
    return this.frame({ opcode, fin: true, payload: noBytes }, CONTROL_TIMEOUT_MS);
  }

  /** Sends one frame. */
  *frame(frame: Frame, timeout: number): Task<boolean> {
    const socket = this.#socket;
    const { random, firmware } = this.#options;
    if (!(yield* socket.waitWritable(timeout)) || socket.broken) return false;
    const isTaken =
      socket.write(encodeFrame(frame, random)) ||
      (yield* socket.waitWritable(firmware.writeGraceMs + timeout));
    return isTaken && !socket.broken;
  }
}
