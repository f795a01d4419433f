import type { Connection, ConnectionHandlers } from './network';

/** A connection that can stand still. Nothing moves then, and nothing breaks: events wait, and writes fill a buffer. */
export class Gate implements Connection {
  readonly #handlers: ConnectionHandlers;
  readonly #bufferBytes: number;
  readonly #ended: () => void;
  #inner: Connection | undefined;
  /** `catching up`: the held events happen. Their writes follow those in the buffer, and data that arrives follows them. */
  #state: 'moving' | 'still' | 'catching up' = 'moving';
  #isPaused = false;
  #isOver = false;
  /** Events held back while nothing moves, in order. */
  #held: (() => void)[] = [];
  #unsent: Buffer[] = [];
  #unsentLength = 0;

  /**
   * @param bufferBytes while the connection stands still, `write` returns false from this many waiting bytes on
   * @param ended called when the connection has ended, before `closed`
   */
  constructor(handlers: ConnectionHandlers, bufferBytes: number, ended: () => void) {
    this.#handlers = handlers;
    this.#bufferBytes = bufferBytes;
    this.#ended = ended;
  }

  open(connect: (handlers: ConnectionHandlers) => Connection): void {
    const handlers = this.#handlers;
    this.#inner = connect({
      connected: () => this.pass(() => handlers.connected()),
      data: (chunk) => this.pass(() => handlers.data(chunk)),
      drained: () => this.pass(() => handlers.drained()),
      ended: () => this.pass(() => handlers.ended()),
      closed: (error) => this.pass(() => this.#finish(error)),
    });
  }

  /** Lets an event happen: now, or in its order once the connection moves. */
  pass(event: () => void): void {
    if (this.#isOver) return;
    if (this.#state === 'still') this.#held.push(event);
    else event();
  }

  setMoving(isMoving: boolean): void {
    if (isMoving === (this.#state !== 'still') || this.#isOver) return;
    this.#state = isMoving ? 'catching up' : 'still';
    if (!isMoving) {
      this.#inner?.pause();
      return;
    }
    // An event may stop the connection again.
    for (const event of this.#held.splice(0)) this.pass(event);
    if (this.#state !== 'catching up') return;
    this.#state = 'moving';
    this.#sendUnsent();
    if (!this.#isPaused) this.#inner?.resume();
  }

  /** Ends the connection on both sides. */
  close(error: Error): void {
    if (this.#isOver) return;
    this.#inner?.destroy();
    this.#finish(error);
  }

  write(bytes: Buffer): boolean {
    if (this.#state === 'moving') return this.#inner?.write(bytes) ?? true;
    this.#unsent.push(bytes);
    this.#unsentLength += bytes.length;
    return this.#unsentLength < this.#bufferBytes;
  }

  destroy(): void {
    this.#end();
    this.#inner?.destroy();
  }

  reset(): void {
    this.#end();
    if (this.#inner?.reset) this.#inner.reset();
    else this.#inner?.destroy();
  }

  pause(): void {
    this.#isPaused = true;
    this.#inner?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#state === 'moving') this.#inner?.resume();
  }

  #sendUnsent(): void {
    const wasFull = this.#unsentLength >= this.#bufferBytes;
    this.#unsentLength = 0;
    let hasRoom = true;
    for (const bytes of this.#unsent.splice(0)) hasRoom = this.#inner?.write(bytes) ?? true;
    if (wasFull && hasRoom && !this.#isOver) this.#handlers.drained();
  }

  #finish(error: Error | undefined): void {
    this.#end();
    this.#handlers.closed(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#held = [];
    this.#ended();
  }
}
