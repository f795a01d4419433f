import { Overlap } from './overlap';

/** A byte on the wire. */
export interface PassingByte {
  readonly byte: number;
  /** Count of bytes in this direction before it, since the device was made. */
  readonly offset: number;
  /** The chunk that holds it: to the host a write of the device, to the device one of its reads. */
  readonly chunk: Buffer;
  /** Index in the chunk. */
  readonly index: number;
}

/** The effect of a tap on its byte. */
type TapEffect =
  /** Replaces the byte. */
  | { readonly kind: 'replace'; readonly bytes: Buffer }
  /** Calls `call` once the bytes before it have arrived. */
  | { readonly kind: 'call'; call(): void };

/** Waits for a byte on the wire. */
export interface Tap {
  /** The offset of the byte; `act` sets the next one, `Infinity` for none. */
  next: number;
  act(passing: PassingByte): TapEffect;
}

/** A write of the device, and the offset of its first byte. */
export interface DeviceWrite {
  readonly chunk: Buffer;
  readonly start: number;
}

const noBytes = Buffer.alloc(0);

/** One direction of a serial line, on which faults change bytes. */
export class Wire {
  readonly #deliver: (bytes: Buffer) => void;
  readonly #writeAt: (offset: number) => DeviceWrite | undefined;
  readonly #taps = new Set<Tap>();
  #offset = 0;
  #remaining = 0;
  /** While there is one, the wire drops all bytes. */
  readonly cuts = new Overlap<true>();
  /** While the rates of the ends differ: what the receiver reads. The newest applies. */
  readonly distortions = new Overlap<(bytes: Buffer) => Buffer>();
  /** While the receiver does not read: takes its bytes. The oldest applies, so that the bytes stay in order. */
  readonly diversions = new Overlap<(bytes: Buffer) => void>();

  /** @param writeAt finds the write of the device that holds a byte */
  constructor(
    deliver: (bytes: Buffer) => void,
    writeAt: (offset: number) => DeviceWrite | undefined,
  ) {
    this.#deliver = deliver;
    this.#writeAt = writeAt;
  }

  /** Count of bytes so far, before faults. */
  get offset(): number {
    return this.#offset;
  }

  /** Count of bytes still to pass during the `call` of a tap: its byte and the rest of the chunk. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Drops the {@link remaining} bytes. */
  discard(): void {
    this.#remaining = 0;
  }

  /** Adds a tap. Returns a function that removes it. */
  tap(tap: Tap): () => void {
    this.#taps.add(tap);
    return () => void this.#taps.delete(tap);
  }

  /** Passes bytes to the receiver. */
  pass(chunk: Buffer): void {
    let rest = chunk;
    for (let tap = this.#first(rest.length); tap; tap = this.#first(rest.length)) {
      rest = this.#tapped(rest, tap);
    }
    this.#offset += rest.length;
    this.arrive(rest);
  }

  /** Delivers bytes without taps, such as noise. */
  arrive(bytes: Buffer): void {
    if (this.cuts.newest === true || bytes.length === 0) return;
    const divert = this.diversions.oldest;
    if (divert) return divert(bytes);
    const read = this.distortions.newest?.(bytes) ?? bytes;
    if (read.length > 0) this.#deliver(read);
  }

  /**
   * Applies taps up to the first `call`, and delivers the bytes before it as one chunk.
   * @returns the rest of the chunk
   */
  #tapped(chunk: Buffer, first: Tap): Buffer {
    const start = this.#offset;
    const parts: Buffer[] = [];
    let from = 0;
    for (let tap: Tap | undefined = first; tap; tap = this.#first(chunk.length - from)) {
      const at = tap.next - start;
      this.#offset = tap.next;
      const found = this.#writeAt(tap.next) ?? { chunk, start };
      const effect = tap.act({
        byte: chunk[at] ?? 0,
        offset: tap.next,
        chunk: found.chunk,
        index: start + at - found.start,
      });
      parts.push(chunk.subarray(from, at));
      if (effect.kind === 'call') {
        const before = this.#remaining;
        this.#remaining = chunk.length - at;
        this.arrive(Buffer.concat(parts));
        effect.call();
        const rest = this.#remaining === 0 ? noBytes : chunk.subarray(at);
        this.#remaining = before;
        return rest;
      }
      parts.push(effect.bytes);
      from = at + 1;
      this.#offset = start + from;
    }
    parts.push(chunk.subarray(from));
    this.#offset = start + chunk.length;
    this.arrive(Buffer.concat(parts));
    return noBytes;
  }

  /** The first tap within the next `length` bytes. Moves a tap whose byte has passed to the next byte. */
  #first(length: number): Tap | undefined {
    if (this.#taps.size === 0) return undefined;
    let first: Tap | undefined;
    for (const tap of this.#taps) {
      if (tap.next < this.#offset) tap.next = this.#offset;
      if (tap.next < this.#offset + length && (!first || tap.next < first.next)) first = tap;
    }
    return first;
  }
}
