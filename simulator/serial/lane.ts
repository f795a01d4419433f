/** What waits in a lane: bytes, or a change that takes place once the bytes before it have passed. */
type Entry = Buffer | (() => void);

/** Makes up for rounding when times are compared, in bytes. */
const ROUNDING_MS = 1e-6;

/** One direction of a serial line: bytes pass one after the other, each in its time. */
export class Lane {
  readonly #entries: Entry[] = [];
  #length = 0;
  /** When the first byte that waits begins to pass, or when the line became free. */
  #start = -Infinity;
  /** Milliseconds that a byte takes. */
  byteTime = 1;

  /** Bytes that wait. */
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

  /** Makes a change once the bytes that wait have passed; now if there are none. */
  change(make: () => void): void {
    if (this.#length === 0) make();
    else this.#entries.push(make);
  }

  /** Nothing passes before `now`. */
  postpone(now: number): void {
    this.#start = Math.max(this.#start, now);
  }

  /**
   * When bytes are worth delivering: once all have passed that can pass without a change, or the first `atMost`
   * of them. Undefined when nothing waits.
   */
  due(atMost: number): number | undefined {
    if (this.#length === 0) return undefined;
    return this.#start + Math.min(this.#untilChange(atMost), atMost) * this.byteTime;
  }

  /** Delivers what has passed by `now`; `end` is when the last of these bytes had passed. */
  deliver(now: number, to: (bytes: Buffer, end: number) => void): void {
    while (this.#length > 0) {
      const passed = Math.floor((now - this.#start) / this.byteTime + ROUNDING_MS);
      const count = Math.min(passed, this.#untilChange(passed));
      if (count <= 0) return;
      const bytes = this.#take(count);
      this.#start += count * this.byteTime;
      // What has passed had passed before the change.
      to(bytes, this.#start);
      this.#makeChanges();
    }
  }

  /** Everything that waits is gone; changes are made nevertheless. */
  clear(): void {
    const changes = this.#entries.filter((entry) => typeof entry === 'function');
    this.#entries.length = 0;
    this.#length = 0;
    for (const make of changes) make();
  }

  /** Bytes before the first change, counted as far as `enough`. */
  #untilChange(enough: number): number {
    let sum = 0;
    for (const entry of this.#entries) {
      if (typeof entry === 'function' || sum >= enough) break;
      sum += entry.length;
    }
    return sum;
  }

  #take(count: number): Buffer {
    this.#length -= count;
    const parts: Buffer[] = [];
    let missing = count;
    while (missing > 0) {
      const entry = this.#entries[0];
      if (!(entry instanceof Buffer)) break;
      const part = entry.subarray(0, missing);
      parts.push(part);
      missing -= part.length;
      if (part.length === entry.length) this.#entries.shift();
      else this.#entries[0] = entry.subarray(part.length);
    }
    const [only] = parts;
    return parts.length === 1 && only ? only : Buffer.concat(parts, count);
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
