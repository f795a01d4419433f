import type { Clock } from '../clock';
import type { Connection, ConnectionHandlers } from '../network/network';

/** Unread bytes at which the peer is made to wait; it goes on at half of it. */
const RECEIVE_WINDOW_BYTES = 65_536;
/** Milliseconds until a sleeping task notices that its socket has become readable. */
const WAKE_LATENCY_MS = 1;

/** What a device's task sees of its TCP socket: it waits, reads what is there, writes, waits for room. */
export class Socket {
  readonly #clock: Clock;
  #connection: Connection | undefined;
  #chunks: Buffer[] = [];
  #available = 0;
  /** Bytes read beyond the handshake. They are read first, and do not make the socket readable. */
  #early: Buffer | undefined;
  #earlyCounts = false;
  #over = false;
  #broken = false;
  #paused = false;
  #writable = true;
  #reader: Waiter | undefined;
  #writer: Waiter | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The handlers for a connection attempt whose outcome goes to `result`. */
  handlers(result: { connected(): void; failed(): void }): ConnectionHandlers {
    let open = false;
    return {
      connected: () => {
        open = true;
        result.connected();
      },
      data: (chunk) => this.#received(chunk),
      drained: () => this.#drained(),
      ended: () => this.#ended(),
      closed: () => {
        if (open) this.#broke();
        else result.failed();
      },
    };
  }

  attach(connection: Connection): void {
    this.#connection = connection;
  }

  /** Whether a read would not wait: there are bytes, or the stream is over. */
  get readable(): boolean {
    return this.#available > 0 || this.#over || (this.#earlyCounts && this.#early !== undefined);
  }

  /** The connection is gone altogether: writing fails. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Bytes that can be read at once. */
  get available(): number {
    return this.#early ? this.#early.length : this.#available;
  }

  /**
   * Keeps bytes that came with the end of the handshake.
   *
   * @param readable whether they make the socket readable
   */
  keepEarly(bytes: Buffer, readable: boolean): void {
    this.#earlyCounts = readable;
    if (bytes.length > 0) this.#early = bytes;
  }

  /** Up to `length` bytes, never waiting; empty when there are none. */
  take(length: number): Buffer {
    if (this.#early) {
      const early = this.#early;
      this.#early = early.length > length ? early.subarray(length) : undefined;
      return early.subarray(0, length);
    }
    const first = this.#chunks[0];
    if (!first) return Buffer.alloc(0);
    const bytes =
      first.length >= length
        ? this.#cut(first, length)
        : this.#gather(Math.min(length, this.#available));
    if (this.#paused && this.#available <= RECEIVE_WINDOW_BYTES / 2) {
      this.#paused = false;
      this.#connection?.resume();
    }
    return bytes;
  }

  /** Whether the stream has ended and all of it was read. */
  get finished(): boolean {
    return this.#over && this.#available === 0 && !this.#early;
  }

  /**
   * Calls `done` once, with true when the socket is readable, with false after `timeout` milliseconds.
   * At once when it is readable already.
   *
   * @param prompt do not model the time a sleeping task takes to wake up
   */
  wait(timeout: number, done: (readable: boolean) => void, prompt = false): void {
    if (this.readable) {
      done(true);
      return;
    }
    const reader: Waiter = new Waiter(this.#clock, timeout, prompt, (readable) => {
      this.#reader = undefined;
      done(readable);
    });
    this.#reader = reader;
  }

  /** Ends the wait at hand after `timeout` milliseconds if nothing comes before. */
  shorten(timeout: number): void {
    if (this.#reader?.waking === false) this.#reader.settleIn(timeout, false);
  }

  /** False when bytes already written still wait for the peer to take them. */
  get writable(): boolean {
    return this.#writable;
  }

  /** Hands bytes to TCP. False when it could not pass all of them on yet. */
  write(bytes: Buffer): boolean {
    this.#writable = this.#connection?.write(bytes) ?? true;
    return this.#writable;
  }

  /** Calls `done` once, with true when all bytes were handed on, with false after `timeout` milliseconds. */
  waitWritable(timeout: number, done: (writable: boolean) => void): void {
    if (this.#writable) {
      done(true);
      return;
    }
    this.#writer = new Waiter(this.#clock, timeout, true, (writable) => {
      this.#writer = undefined;
      done(writable);
    });
  }

  /** Ends the connection and all waiting; nothing is called any more. */
  destroy(): void {
    this.#reader?.cancel();
    this.#writer?.cancel();
    this.#reader = undefined;
    this.#writer = undefined;
    const connection = this.#connection;
    this.#connection = undefined;
    // TCP answers unread bytes with RST (RFC 1122, section 4.2.2.13).
    if (this.#available > 0 && connection?.reset) connection.reset();
    else connection?.destroy();
    this.#chunks = [];
    this.#available = 0;
    this.#early = undefined;
    this.#over = true;
    this.#writable = true;
  }

  #received(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#available += chunk.length;
    if (!this.#paused && this.#available >= RECEIVE_WINDOW_BYTES) {
      this.#paused = true;
      this.#connection?.pause();
    }
    this.#wake();
  }

  #ended(): void {
    this.#over = true;
    this.#wake();
  }

  #broke(): void {
    this.#broken = true;
    this.#ended();
    this.#drained();
  }

  #drained(): void {
    this.#writable = true;
    this.#writer?.settle(true);
  }

  #wake(): void {
    const reader = this.#reader;
    if (!reader || reader.waking) return;
    if (reader.prompt) {
      reader.settle(true);
    } else {
      reader.waking = true;
      reader.settleIn(WAKE_LATENCY_MS, true);
    }
  }

  #cut(first: Buffer, length: number): Buffer {
    this.#available -= length;
    if (first.length === length) this.#chunks.shift();
    else this.#chunks[0] = first.subarray(length);
    return first.subarray(0, length);
  }

  #gather(length: number): Buffer {
    const gathered = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length;) {
      const first = this.#chunks[0];
      if (!first) break;
      const part = this.#cut(first, Math.min(first.length, length - filled));
      filled += part.copy(gathered, filled);
    }
    return gathered;
  }
}

/** One wait of a task. */
class Waiter {
  readonly prompt: boolean;
  /** What it waits for has come; only the time to wake up is left. */
  waking = false;
  readonly #clock: Clock;
  readonly #done: (ready: boolean) => void;
  #cancelTimer: () => void;

  constructor(clock: Clock, timeout: number, prompt: boolean, done: (ready: boolean) => void) {
    this.prompt = prompt;
    this.#clock = clock;
    this.#done = done;
    this.#cancelTimer = clock.after(timeout, () => done(false));
  }

  settle(ready: boolean): void {
    this.#cancelTimer();
    this.#done(ready);
  }

  settleIn(delay: number, ready: boolean): void {
    this.#cancelTimer();
    this.#cancelTimer = this.#clock.after(delay, () => this.#done(ready));
  }

  cancel(): void {
    this.#cancelTimer();
  }
}
