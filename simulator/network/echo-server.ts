import type { Connection, ConnectionHandlers } from './network';
import { acceptFor } from '../websocket/handshake';
import { opcodes, readFrame } from '../websocket/frame-codec';

/** The host of a WebSocket server in this process that echoes messages: a first try needs no other server. */
export const ECHO_HOST = 'echo.sim';

const HEADER_END = '\r\n\r\n';
const FIN = 0x80;

/** A connection to the echo server, which echoes frame by frame, fragments too. */
export class EchoConnection implements Connection {
  readonly #handlers: ConnectionHandlers;
  #received = Buffer.alloc(0);
  #upgraded = false;
  #isPaused = false;
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

  end(): void {
    this.#close();
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
    const header = (name: string) =>
      new RegExp(`^${name}: *([^\\r]*)`, 'im').exec(request)?.[1]?.trim();
    const subprotocol = header('Sec-WebSocket-Protocol')?.split(',')[0]?.trim();
    const lines = [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${acceptFor(header('Sec-WebSocket-Key') ?? '')}`,
      ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
    ];
    this.#received = this.#received.subarray(end + HEADER_END.length);
    this.#upgraded = true;
    this.#send(Buffer.from(`${lines.join('\r\n')}${HEADER_END}`, 'latin1'));
  }

  #answerFrames(): void {
    for (;;) {
      const frame = readFrame(this.#received);
      if (!frame || this.#received.length < frame.size) return;
      this.#received = this.#received.subarray(frame.size);
      const { first, payload } = frame;
      const opcode = first & 0x0f;
      if (opcode === opcodes.pong) continue;
      this.#send(unmasked(opcode === opcodes.ping ? FIN | opcodes.pong : first, payload));
      if (opcode === opcodes.close) this.#close();
    }
  }

  #send(bytes: Buffer): void {
    this.#unsent.push(bytes);
    this.#later(() => this.#flush());
  }

  #flush(): void {
    while (!this.#isPaused && !this.#over) {
      const bytes = this.#unsent.shift();
      if (!bytes) return;
      this.#handlers.data(bytes);
    }
  }

  #close(): void {
    this.#later(() => {
      this.#flush();
      this.#over = true;
      this.#handlers.closed();
    });
  }

  /** Runs `action` in a later turn, as {@link Connection} promises. */
  #later(action: () => void): void {
    setImmediate(() => {
      if (!this.#over) action();
    });
  }
}

/** An unmasked frame, as a server sends it. @param first the byte with FIN and the opcode */
function unmasked(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.of(first, length), payload]);
  const head = Buffer.alloc(length < 0x1_0000 ? 4 : 10);
  head[0] = first;
  head[1] = length < 0x1_0000 ? 126 : 127;
  if (length < 0x1_0000) head.writeUInt16BE(length, 2);
  else head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}
