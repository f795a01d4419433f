import type { EspAtError } from '../../driver/errors';
import type { Port, PortHandlers, PortOpener, PortOpenOptions } from '../../driver/port/port';
import type { VirtualClock } from '../../simulator/replay/virtual-clock';

/** Limit of a read from a port in one turn of the event loop. */
const MAX_READ_BYTES = 16_384;

type State = { readonly kind: 'running' | 'waking' } | { readonly kind: 'blocked'; until: number };

/** A block of the event loop that has ended. Times in milliseconds. */
export interface Block {
  readonly from: number;
  readonly to: number;
}

/**
 * The event loop of the host in virtual time. A test can block it while the device and the network run on. Afterwards it
 * acts like Node.js: runs all late timers, then reads all input.
 */
export class HostLoop {
  readonly #clock: VirtualClock;
  #state: State = { kind: 'running' };
  #pending = 0;
  /** Timers that came due while the loop was blocked, in order. */
  #late: (() => void)[] = [];
  /** Unread input, in order. */
  #input: (() => void)[] = [];
  #sleepers: (() => void)[] = [];
  /** In order. */
  readonly blocks: Block[] = [];
  #blockedAt = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  /** Count of the host's pending calls and unread inputs. */
  get pending(): number {
    return this.#pending + this.#input.length;
  }

  /** Whether the loop is blocked, or has unread input from a block. */
  get blocked(): boolean {
    return this.#state.kind !== 'running' || this.#input.length > 0;
  }

  /** Total milliseconds for which the loop was blocked. */
  get blockedMs(): number {
    const ended = this.blocks.reduce((sum, { from, to }) => sum + to - from, 0);
    return ended + (this.#state.kind === 'blocked' ? this.now() - this.#blockedAt : 0);
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

  /** Calls back like `setImmediate`: in this turn, after the pending input. */
  afterInput(callback: () => void): () => void {
    return this.after(0, callback);
  }

  /**
   * Blocks the loop at the end of this turn.
   * @param inputLateMs time from the end of the block to the first read, because a thread pool needs several turns
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

  /** Delivers input: now, or once the loop reads it. */
  input(take: () => void): void {
    if (this.blocked) this.readLater(take);
    else take();
  }

  /** Delivers input in a later turn. */
  readLater(take: () => void): void {
    if (!this.blocked) this.#clock.after(0, () => this.#read());
    this.#input.push(take);
  }

  /** Resolves once the loop is not blocked. */
  awake(): Promise<void> {
    if (!this.blocked) return Promise.resolve();
    return new Promise((resolve) => void this.#sleepers.push(resolve));
  }

  /** A port that delivers its bytes and its loss when the loop reads. */
  port(inner: PortOpener): PortOpener {
    const { rate, bridgedRate } = inner;
    return {
      address: inner.address,
      ...(rate !== undefined && { rate }),
      ...(bridgedRate !== undefined && { bridgedRate }),
      open: (handlers: PortHandlers, settings: PortOpenOptions): Promise<Port> => {
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
    this.blocks.push({ from: this.#blockedAt, to: this.now() });
    this.#state = { kind: 'waking' };
    for (const call of this.#late.splice(0)) this.#clock.after(0, call);
    this.#clock.after(inputLateMs, () => this.#read());
  }

  #read(): void {
    // Another block has begun.
    if (this.#state.kind === 'blocked') return;
    this.#state = { kind: 'running' };
    const take = this.#input[0];
    take?.();
    this.#input.shift();
    if (this.#input.length > 0) this.#clock.after(0, () => this.#read());
    for (const resolve of this.#sleepers.splice(0)) this.#clock.after(0, resolve);
  }
}

/** Unread bytes of one port, joined as the operating system joins them. */
class Unread {
  readonly #loop: HostLoop;
  readonly #handlers: PortHandlers;
  #chunks: Buffer[] = [];
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
    const rest = bytes.subarray(MAX_READ_BYTES);
    if (rest.length > 0) {
      this.#chunks.push(rest);
      this.#loop.readLater(() => this.#read());
    }
    this.#handlers.data(bytes.subarray(0, MAX_READ_BYTES));
  }
}
