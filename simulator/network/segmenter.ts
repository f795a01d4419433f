import type { Clock } from '../clock';

/** How the path cuts and joins the segments of a server. */
export interface SegmentOptions {
  /**
   * Milliseconds that the first segment of a connection, the server's 101, waits for the second to join it. Default 0:
   * they stay apart.
   */
  readonly joinMs?: number;
  /** The largest segment, in bytes, 1 or more; default: as the server sends them. */
  readonly splitBytes?: number;
  /** Milliseconds between the pieces of a segment that is cut; default 1. */
  readonly splitGapMs?: number;
}

/** Cuts and joins the segments of one connection, in order. */
export class Segmenter {
  readonly #clock: Clock;
  readonly #options: () => SegmentOptions;
  readonly #deliver: (chunk: Buffer) => void;
  /** The first segment while it waits for the second. */
  #first: { readonly chunk: Buffer; readonly cancel: () => void } | undefined;
  #begun = false;
  #queue: (Buffer | (() => void))[] = [];
  #cancelGap: (() => void) | undefined;

  /** @param options called for each chunk */
  constructor(clock: Clock, options: () => SegmentOptions, deliver: (chunk: Buffer) => void) {
    this.#clock = clock;
    this.#options = options;
    this.#deliver = deliver;
  }

  data(chunk: Buffer): void {
    const { joinMs = 0 } = this.#options();
    if (this.#first) this.#release(chunk);
    else if (!this.#begun && joinMs > 0) {
      const cancel = this.#clock.after(joinMs, () => this.#release());
      this.#first = { chunk, cancel };
    } else this.#cut(chunk);
    this.#begun = true;
  }

  /** Calls `happen` once all data before it is delivered. */
  inOrder(happen: () => void): void {
    if (this.#first) this.#release();
    if (this.#queue.length === 0) happen();
    else this.#queue.push(happen);
  }

  /** Drops the data that waits, and cancels all timers. */
  end(): void {
    this.#first?.cancel();
    this.#first = undefined;
    this.#cancelGap?.();
    this.#queue = [];
  }

  #release(second?: Buffer): void {
    const first = this.#first;
    if (!first) return;
    this.#first = undefined;
    first.cancel();
    this.#cut(second ? Buffer.concat([first.chunk, second]) : first.chunk);
  }

  #cut(chunk: Buffer): void {
    const { splitBytes = Infinity } = this.#options();
    const pieces: Buffer[] = [];
    for (let start = 0; start < chunk.length; start += splitBytes) {
      pieces.push(chunk.subarray(start, start + splitBytes));
    }
    const idle = this.#queue.length === 0 && this.#cancelGap === undefined;
    this.#queue.push(...pieces);
    if (idle) this.#next();
  }

  #next(): void {
    this.#cancelGap = undefined;
    for (let item = this.#queue.shift(); item; item = this.#queue.shift()) {
      if (typeof item === 'function') item();
      else {
        this.#deliver(item);
        if (this.#queue.length > 0) {
          const { splitGapMs = 1 } = this.#options();
          this.#cancelGap = this.#clock.after(splitGapMs, () => this.#next());
          return;
        }
      }
    }
  }
}
