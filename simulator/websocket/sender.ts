import type { Random } from '../random';
import { encodeFrame, opcodes } from './frame-codec';
import type { Socket } from './socket';

/** Milliseconds that a control frame may wait for room. */
const CONTROL_TIMEOUT_MS = 10_000;
const nothing = Buffer.alloc(0);

export type SendResult = 'sent' | 'failed';

/** One message, or a part of one. */
export interface Message {
  readonly opcode: number;
  /** Whether its last frame ends the message. */
  readonly fin: boolean;
  readonly payload: Buffer;
}

/** Writes frames to a connection: waits for room, and until TCP has taken all of them. */
export class Sender {
  readonly #socket: Socket;
  readonly #bufferSize: number;
  readonly #writeGrace: number;
  readonly #random: Random;

  /**
   * @param bufferSize bytes of a frame at most
   * @param writeGrace milliseconds that TCP may hold a write up once it has begun, beside the timeout of the send
   */
  constructor(socket: Socket, bufferSize: number, writeGrace: number, random: Random) {
    this.#socket = socket;
    this.#bufferSize = bufferSize;
    this.#writeGrace = writeGrace;
    this.#random = random;
  }

  /**
   * Sends a message, cut to frames of at most the buffer's size.
   *
   * @param timeout milliseconds to wait for room
   */
  message(message: Message, timeout: number, done: (result: SendResult) => void): void {
    const { opcode, fin, payload } = message;
    // The firmware's loop ends where neither a header bit nor a byte is left: no empty frame goes out.
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
    this.frame({ opcode, fin: true, payload: nothing }, CONTROL_TIMEOUT_MS, done);
  }

  /** Sends one frame. */
  frame(frame: Message, timeout: number, done: (result: SendResult) => void): void {
    const socket = this.#socket;
    const finish = (taken: boolean) => done(taken && !socket.broken ? 'sent' : 'failed');
    socket.waitWritable(timeout, (room) => {
      if (!room || socket.broken) done('failed');
      else if (socket.write(encodeFrame(frame.fin, frame.opcode, frame.payload, this.#random)))
        finish(true);
      else socket.waitWritable(this.#writeGrace + timeout, finish);
    });
  }
}
