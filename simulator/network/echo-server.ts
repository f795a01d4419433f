import type { Connection, ConnectionHandlers } from './network';
import { encodeServerFrame, opcodes, readFrame } from '../websocket/frame-codec';
import { acceptUpgrade } from '../websocket/handshake';

/** The host of a WebSocket server in this process that echoes messages: a first try needs no other server. */
export const ECHO_HOST = 'echo.sim';

const HEADER_END = '\r\n\r\n';

/** A connection to the echo server, which echoes frame by frame, fragments too. */
export class EchoConnection implements Connection {
  readonly #handlers: ConnectionHandlers;
  #received = Buffer.alloc(0);
  #upgraded = false;
  #isPaused = false;
  #isClosing = false;
  #over = false;
  #unsent: Buffer[] = [];

  constructor(handlers: ConnectionHandlers) {
    this.#handlers = handlers;
    this.#later(() => this.#handlers.connected());
  }

  write(bytes: Buffer): boolean {
    this.#received = Buffer.concat([this.#received, bytes]);
    if (!this.#upgraded) this.#upgrade();
    if (this.#upgraded) this.#answerFrames();
    return true;
  }

  destroy(): void {
    this.#over = true;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#later(() => this.#flush());
  }

  #upgrade(): void {
    const end = this.#received.indexOf(HEADER_END);
    if (end < 0) return;
    const request = this.#received.toString('latin1', 0, end);
    this.#received = this.#received.subarray(end + HEADER_END.length);
    this.#upgraded = true;
    this.#send(acceptUpgrade(request));
  }

  #answerFrames(): void {
    while (!this.#isClosing) {
      const frame = readFrame(this.#received);
      if (!frame || this.#received.length < frame.size) return;
      this.#received = this.#received.subarray(frame.size);
      const { opcode } = frame;
      if (opcode === opcodes.pong) continue;
      const isPing = opcode === opcodes.ping;
      this.#send(encodeServerFrame(isPing ? { ...frame, opcode: opcodes.pong } : frame));
      this.#isClosing = opcode === opcodes.close;
    }
  }

  #send(bytes: Buffer): void {
    this.#unsent.push(bytes);
    this.#later(() => this.#flush());
  }

  #flush(): void {
    while (!this.#isPaused && !this.#over) {
      const bytes = this.#unsent.shift();
      if (!bytes) {
        if (this.#isClosing) this.#later(() => this.#close());
        return;
      }
      this.#handlers.data(bytes);
    }
  }

  #close(): void {
    this.#over = true;
    this.#handlers.closed();
  }

  /** Runs `action` in a later turn, as on a real network, unless the connection has ended by then. */
  #later(action: () => void): void {
    setImmediate(() => {
      if (!this.#over) action();
    });
  }
}
