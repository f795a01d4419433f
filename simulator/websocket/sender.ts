import type { Random } from '../random';
import { encodeFrame, opcodes, type Frame } from './frame-codec';
import type { Socket } from './socket';

/** Limit of the wait for room for a control frame. */
const CONTROL_TIMEOUT_MS = 10_000;
const noBytes = Buffer.alloc(0);

export type SendResult = 'sent' | 'failed';

/** Writes frames to a connection: waits for room, then until TCP has taken all bytes. */
export class Sender {
  readonly #socket: Socket;
  readonly #bufferSize: number;
  readonly #writeGraceMs: number;
  readonly #random: Random;

  /**
   * @param bufferSize limit of a frame's payload, in bytes
   * @param writeGraceMs milliseconds beyond the timeout of a send that TCP may take for a write it has begun
   */
  constructor(socket: Socket, bufferSize: number, writeGraceMs: number, random: Random) {
    this.#socket = socket;
    this.#bufferSize = bufferSize;
    this.#writeGraceMs = writeGraceMs;
    this.#random = random;
  }

  /**
   * Sends a message, or a part of one, in frames of at most `bufferSize` bytes.
   *
   * @param message its `fin` is that of its last frame
   * @param timeout milliseconds to wait for room
   */
  message(message: Frame, timeout: number, done: (result: SendResult) => void): void {
    const { opcode, fin, payload } = message;
    // The firmware's loop sends no frame for an empty continuation without FIN.
    if (!fin && opcode === opcodes.continuation && payload.length === 0) {
      done('sent');
      return;
    }
    const size = this.#bufferSize;
    const last = payload.length <= size;
    this.frame(
      { opcode, fin: last && fin, payload: payload.subarray(0, size) },
      timeout,
      (result) => {
        if (last || result === 'failed') done(result);
        else {
          const rest = { opcode: opcodes.continuation, fin, payload: payload.subarray(size) };
          this.message(rest, timeout, done);
        }
      },
    );
  }

  /** Sends a frame without a payload. */
  control(opcode: number, done: (result: SendResult) => void): void {
    this.frame({ opcode, fin: true, payload: noBytes }, CONTROL_TIMEOUT_MS, done);
  }

  /** Sends one frame. */
  frame(frame: Frame, timeout: number, done: (result: SendResult) => void): void {
    const socket = this.#socket;
    const finish = (taken: boolean) => done(taken && !socket.broken ? 'sent' : 'failed');
    socket.waitWritable(timeout, (room) => {
      if (!room || socket.broken) done('failed');
      else if (socket.write(encodeFrame(frame, this.#random))) finish(true);
      else socket.waitWritable(this.#writeGraceMs + timeout, finish);
    });
  }
}
