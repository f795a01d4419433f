import type { Clock } from '../clock';
import type { Connection, ConnectionTarget, Network } from '../network/network';
import { takeBytes } from '../take-bytes';
import { suspend, type Task } from './task';

/** The socket stops reading from the peer at this many unread bytes, and continues at half of it. */
const RECEIVE_WINDOW_BYTES = 65_536;
/** Time that a waiting task takes to wake up once its socket is readable. */
const WAKE_LATENCY_MS = 1;

/** The TCP socket of a device's task: waits for data and for room, reads without waiting, writes. */
export class Socket {
  readonly #clock: Clock;
  #connection: Connection | undefined;
  #chunks: Buffer[] = [];
  #available = 0;
  /** Bytes read with the handshake. `take` returns them first. */
  #early: Buffer | undefined;
  #earlyIsReadable = false;
  #streamEnded = false;
  #broken = false;
  #paused = false;
  #writable = true;
  #reader: Waiter | undefined;
  #writer: Waiter | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Connects. Returns whether that succeeded. */
  connect(network: Network, target: ConnectionTarget): Task<boolean> {
    let open = false;
    return suspend((settle) => {
      this.#connection = network.connect(target, {
        connected: () => {
          open = true;
          settle(true);
        },
        data: (chunk) => this.#received(chunk),
        drained: () => this.#drained(),
        ended: () => this.#ended(),
        closed: () => {
          if (open) this.#connectionLost();
          else settle(false);
        },
      });
    });
  }

  /** Whether there are bytes, or the stream has ended. */
  get readable(): boolean {
    return (
      this.#available > 0 ||
      this.#streamEnded ||
      (this.#earlyIsReadable && this.#early !== undefined)
    );
  }

  /** Whether the connection is lost, so that writes fail. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Count of bytes that `take` can return. */
  get available(): number {
    return this.#early ? this.#early.length : this.#available;
  }

  /**
   * Keeps the bytes behind the handshake.
   *
   * @param readable whether they make the socket readable
   */
  keepEarly(bytes: Buffer, readable: boolean): void {
    this.#earlyIsReadable = readable;
    if (bytes.length > 0) this.#early = bytes;
  }

  /** Reads up to `length` bytes; returns an empty buffer when there are none. */
  take(length: number): Buffer {
    if (this.#early) {
      const early = this.#early;
      this.#early = early.length > length ? early.subarray(length) : undefined;
      return early.subarray(0, length);
    }
    const bytes = takeBytes(this.#chunks, length);
    this.#available -= bytes.length;
    if (this.#paused && this.#available <= RECEIVE_WINDOW_BYTES / 2) {
      this.#paused = false;
      this.#connection?.resume();
    }
    return bytes;
  }

  /** Whether the stream has ended and `take` has returned all of it. */
  get finished(): boolean {
    return this.#streamEnded && this.#available === 0 && !this.#early;
  }

  /**
   * Waits until the socket is readable. Returns false after `timeout` milliseconds.
   *
   * @param immediate leaves out the time that a waiting task takes to wake up
   */
  *wait(timeout: number, immediate = false): Task<boolean> {
    if (this.readable) return true;
    const readable = yield* suspend<boolean>((resume) => {
      this.#reader = new Waiter(this.#clock, timeout, immediate, resume);
    });
    this.#reader = undefined;
    return readable;
  }

  /** Limits the current wait for data to `timeout` milliseconds from now. */
  shorten(timeout: number): void {
    if (this.#reader?.waking === false) this.#reader.settleIn(timeout, false);
  }

  /** Writes bytes. Returns whether TCP has taken all of them. */
  write(bytes: Buffer): boolean {
    this.#writable = this.#connection?.write(bytes) ?? true;
    return this.#writable;
  }

  /** Waits until TCP has taken all bytes. Returns false after `timeout` milliseconds. */
  *waitWritable(timeout: number): Task<boolean> {
    if (this.#writable) return true;
    const writable = yield* suspend<boolean>((resume) => {
      this.#writer = new Waiter(this.#clock, timeout, true, resume);
    });
    this.#writer = undefined;
    return writable;
  }

  /** Ends the connection. A wait for data returns true, as at the end of the stream; a wait for room returns false. */
  close(): void {
    const reader = this.#reader;
    const writer = this.#writer;
    this.destroy();
    reader?.settle(true);
    writer?.settle(false);
  }

  /** Ends the connection and all waits, without callbacks. */
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
    this.#streamEnded = true;
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
    this.#streamEnded = true;
    this.#wake();
  }

  #connectionLost(): void {
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
    if (reader.immediate) {
      reader.settle(true);
    } else {
      reader.waking = true;
      reader.settleIn(WAKE_LATENCY_MS, true);
    }
  }
}

/** One wait of a task. */
class Waiter {
  readonly immediate: boolean;
  /** Whether the task is waking up: the socket is readable. */
  waking = false;
  readonly #clock: Clock;
  readonly #done: (ready: boolean) => void;
  #cancelTimer: () => void;

  constructor(clock: Clock, timeout: number, immediate: boolean, done: (ready: boolean) => void) {
    this.immediate = immediate;
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
