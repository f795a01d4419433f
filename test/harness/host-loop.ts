import type { EspAtError } from '../../driver/errors';
import type { Port, PortHandlers, PortOpener, PortSettings } from '../../driver/port/port';
import type { VirtualClock } from './virtual-clock';

/** Bytes that one turn of an event loop reads from a port at most. */
const READ_SIZE = 16_384;

type State = { readonly kind: 'running' | 'waking' } | { readonly kind: 'blocked'; until: number };

/**
 * The event loop of the host in virtual time, which may stand still while the device and the network go on.
 * Afterwards it does what Node.js does: first every timer that is late, then all input at once.
 */
export class HostLoop {
  readonly #clock: VirtualClock;
  #state: State = { kind: 'running' };
  #pending = 0;
  /** Timers that came due while the loop was blocked, in order. */
  #late: (() => void)[] = [];
  /** Input that waits to be read, in order. */
  #input: (() => void)[] = [];
  #sleepers: (() => void)[] = [];
  #blockedMs = 0;
  #blockedAt = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Calls of the host that have neither happened nor been cancelled, and input that it has not read. */
  get pending(): number {
    return this.#pending + this.#input.length;
  }

  /** Whether no code of the host runs, or it has not yet read all that came meanwhile. */
  get blocked(): boolean {
    return this.#state.kind !== 'running' || this.#input.length > 0;
  }

  /** Milliseconds that it was blocked so far. */
  get blockedMs(): number {
    return this.#blockedMs + (this.#state.kind === 'blocked' ? this.now() - this.#blockedAt : 0);
  }

  after(delayMs: number, callback: () => void): () => void {
    let over = false;
    const end = () => {
      if (!over) this.#pending--;
      over = true;
    };
    const call = () => {
      if (over) return;
      if (this.#state.kind === 'blocked') {
        this.#late.push(call);
        return;
      }
      end();
      callback();
    };
    this.#pending++;
    const cancel = this.#clock.after(delayMs, call);
    return () => {
      end();
      cancel();
    };
  }

  /** Calls back as `setImmediate` does: in this turn, once the input that is there has been read. */
  afterInput(callback: () => void): () => void {
    return this.after(0, callback);
  }

  /**
   * Blocks the loop once the code that runs now has returned.
   * @param inputLateMs how long after it goes on the first input is read: a thread pool needs several turns
   */
  block(durationMs: number, inputLateMs = 0): void {
    const until = this.now() + durationMs;
    const state = this.#state;
    if (state.kind === 'blocked') {
      state.until = Math.max(state.until, until);
      return;
    }
    this.#state = { kind: 'blocked', until };
    this.#blockedAt = this.now();
    this.#clock.after(durationMs, () => this.#wake(inputLateMs));
  }

  /** Something reaches the host from outside. */
  input(take: () => void): void {
    if (this.blocked) this.readLater(take);
    else take();
  }

  /** Something that the host reads in one of its next turns. */
  readLater(take: () => void): void {
    if (!this.blocked) this.#clock.after(0, () => this.#read());
    this.#input.push(take);
  }

  /** Settles once code of the host may run. */
  awake(): Promise<void> {
    if (!this.blocked) return Promise.resolve();
    return new Promise((resolve) => void this.#sleepers.push(resolve));
  }

  /** A port whose bytes, and whose loss, the host hears of when it reads. */
  port(inner: PortOpener): PortOpener {
    const { rate, bridgedRate } = inner;
    return {
      address: inner.address,
      ...(rate !== undefined && { rate }),
      ...(bridgedRate !== undefined && { bridgedRate }),
      open: (handlers: PortHandlers, settings: PortSettings): Promise<Port> => {
        const unread = new Unread(this, handlers);
        const opening = inner.open(
          {
            data: (chunk) => unread.take(chunk),
            lost: (error) => this.input(() => unread.lost(error)),
          },
          settings,
        );
        return opening.then((port) => {
          const close = port.close.bind(port);
          port.close = () => {
            unread.closed = true;
            return close();
          };
          return port;
        });
      },
    };
  }

  #wake(inputLateMs: number): void {
    const { until } = this.#state.kind === 'blocked' ? this.#state : { until: 0 };
    if (until > this.now()) {
      this.#clock.after(until - this.now(), () => this.#wake(inputLateMs));
      return;
    }
    this.#blockedMs = this.blockedMs;
    this.#state = { kind: 'waking' };
    for (const call of this.#late.splice(0)) this.#clock.after(0, call);
    this.#clock.after(inputLateMs, () => this.#read());
  }

  #read(): void {
    // Blocked again before it came to that.
    if (this.#state.kind === 'blocked') return;
    this.#state = { kind: 'running' };
    const take = this.#input[0];
    take?.();
    this.#input.shift();
    if (this.#input.length > 0) this.#clock.after(0, () => this.#read());
    for (const resolve of this.#sleepers.splice(0)) this.#clock.after(0, resolve);
  }
}

/** Bytes of one port that wait to be read, joined as the system joins them. */
class Unread {
  readonly #loop: HostLoop;
  readonly #handlers: PortHandlers;
  #chunks: Buffer[] = [];
  /** A closed port emits nothing. */
  closed = false;

  constructor(loop: HostLoop, handlers: PortHandlers) {
    this.#loop = loop;
    this.#handlers = handlers;
  }

  take(chunk: Buffer): void {
    if (!this.#loop.blocked) {
      this.#handlers.data(chunk);
      return;
    }
    this.#chunks.push(Buffer.from(chunk));
    if (this.#chunks.length === 1) this.#loop.readLater(() => this.#read());
  }

  lost(error: EspAtError): void {
    if (!this.closed) this.#handlers.lost(error);
  }

  #read(): void {
    if (this.closed) return;
    const bytes = Buffer.concat(this.#chunks.splice(0));
    const rest = bytes.subarray(READ_SIZE);
    if (rest.length > 0) {
      this.#chunks.push(rest);
      this.#loop.readLater(() => this.#read());
    }
    this.#handlers.data(bytes.subarray(0, READ_SIZE));
  }
}
