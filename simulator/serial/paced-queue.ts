import { takeBytes } from '../take-bytes';

/** Bytes, or a change that takes effect once the bytes before it have passed. */
type Entry = Buffer | (() => void);

/** Absorbs rounding errors when times are compared: the later the time, the larger they are. */
const ROUNDING_BYTES = 1e-6;
const ROUNDING_OF_TIME = 4 * Number.EPSILON;

/** The bytes of one direction of a serial line. They pass one after the other, each in {@link byteMs}. */
export class PacedQueue {
  readonly #entries: Entry[] = [];
  #length = 0;
  /** When the first waiting byte begins to pass, or when the line became free. */
  #start = -Infinity;
  /** Duration of a byte. */
  byteMs = 1;

  /** Count of waiting bytes. */
  get length(): number {
    return this.#length;
  }

  /** Queues bytes. @param now when they begin to pass if the line is free */
  add(bytes: Buffer, now: number): void {
    if (bytes.length === 0) return;
    if (this.#length === 0) this.#start = Math.max(this.#start, now);
    this.#entries.push(bytes);
    this.#length += bytes.length;
  }

  /** Makes a change once the waiting bytes have passed; now if there are none. */
  change(make: () => void): void {
    if (this.#length === 0) make();
    else this.#entries.push(make);
  }

  /** Lets no byte pass before `now`. */
  postpone(now: number): void {
    this.#start = Math.max(this.#start, now);
  }

  /**
   * When to deliver next: once all bytes before the next change have passed, or the first `atMost` of them. Undefined
   * when no byte waits.
   */
  due(atMost: number): number | undefined {
    if (this.#length === 0) return undefined;
    return this.#start + Math.min(this.#untilChange(atMost), atMost) * this.byteMs;
  }

  /** Delivers the bytes that have passed by `now`; `end` is when the last of them had passed. */
  deliver(now: number, to: (bytes: Buffer, end: number) => void): void {
    while (this.#length > 0) {
      const passedMs = now - this.#start + now * ROUNDING_OF_TIME;
      const passed = Math.floor(passedMs / this.byteMs + ROUNDING_BYTES);
      const count = Math.min(passed, this.#untilChange(passed));
      if (count <= 0) return;
      const bytes = takeBytes(this.#entries, count);
      this.#length -= count;
      this.#start += count * this.byteMs;
      to(bytes, this.#start);
      this.#makeChanges();
    }
  }

  /** Drops the waiting bytes; makes the waiting changes nevertheless. */
  clear(): void {
    const changes = this.#entries.filter((entry) => typeof entry === 'function');
    this.#entries.length = 0;
    this.#length = 0;
    for (const make of changes) make();
  }

  /** Count of bytes before the first change; stops counting at `enough`. */
  #untilChange(enough: number): number {
    let sum = 0;
    for (const entry of this.#entries) {
      if (typeof entry === 'function' || sum >= enough) break;
      sum += entry.length;
    }
    return sum;
  }

  #makeChanges(): void {
    for (;;) {
      const entry = this.#entries[0];
      if (typeof entry !== 'function') return;
      this.#entries.shift();
      entry();
    }
  }
}
