/** A byte on the wire, as a tap meets it. */
export interface PassingByte {
  readonly byte: number;
  /** Bytes that came this way before it, since the device was made. */
  readonly offset: number;
  /** What it came with: one piece of what the device said, or one read of the device's. */
  readonly unit: Buffer;
  /** Its place in the unit. */
  readonly index: number;
}

/** What a tap does when its byte comes. */
export type TapAct =
  /** Other bytes, or none, pass in its place. */
  | { readonly kind: 'replace'; readonly bytes: Buffer }
  /** Something happens once the bytes before it have arrived; `loses`: it and all behind it never leave. */
  | { readonly kind: 'happen'; readonly loses: boolean; happen(): void };

/** Something that waits on the wire for a byte. */
export interface Tap {
  /** The offset of the byte it waits for; set anew by `act`, to `Infinity` for none. */
  next: number;
  act(passing: PassingByte): TapAct;
}

const nothing = Buffer.alloc(0);

/** One direction of a serial line, on which bytes can be damaged. */
export class Wire {
  readonly #deliver: (bytes: Buffer) => void;
  readonly #unitAt: (
    offset: number,
  ) => { readonly unit: Buffer; readonly start: number } | undefined;
  readonly #taps = new Set<Tap>();
  #offset = 0;
  #remaining = 0;
  /** Nothing arrives. */
  dead = false;
  /** Set while the ends disagree about the rate. */
  distort: ((bytes: Buffer) => Buffer) | undefined;
  /** Set while the receiver does not read: takes the bytes instead. */
  keep: ((bytes: Buffer) => void) | undefined;

  /** @param unitAt finds what a byte was said with */
  constructor(
    deliver: (bytes: Buffer) => void,
    unitAt: (offset: number) => { readonly unit: Buffer; readonly start: number } | undefined,
  ) {
    this.#deliver = deliver;
    this.#unitAt = unitAt;
  }

  /** Bytes that came this way so far, damaged or not. */
  get offset(): number {
    return this.#offset;
  }

  /** Bytes about to follow those that came, while something happens between them. */
  get remaining(): number {
    return this.#remaining;
  }

  /** Lets a tap wait for the byte at its `next`. Returns its removal. */
  tap(tap: Tap): () => void {
    this.#taps.add(tap);
    return () => void this.#taps.delete(tap);
  }

  /** Lets bytes pass; calls `lost` when all that is behind them is lost. */
  pass(chunk: Buffer, lost: () => void = () => undefined): void {
    let rest = chunk;
    for (let tap = this.#first(rest.length); tap; tap = this.#first(rest.length)) {
      rest = this.#tapped(rest, tap, lost);
    }
    this.#offset += rest.length;
    this.arrive(rest);
  }

  /** Bytes reach the receiver that the sender did not send, or that the fault kept. */
  arrive(bytes: Buffer): void {
    if (this.dead || bytes.length === 0) return;
    const read = this.distort ? this.distort(bytes) : bytes;
    if (this.keep) this.keep(read);
    else if (read.length > 0) this.#deliver(read);
  }

  /**
   * Replaces bytes up to the first thing that happens; what comes before it arrives in one piece.
   * @returns what is left after that
   */
  #tapped(chunk: Buffer, first: Tap, lost: () => void): Buffer {
    const start = this.#offset;
    const parts: Buffer[] = [];
    let from = 0;
    for (let tap: Tap | undefined = first; tap; tap = this.#first(chunk.length - from)) {
      const at = tap.next - start;
      this.#offset = tap.next;
      const found = this.#unitAt(tap.next) ?? { unit: chunk, start };
      const act = tap.act({
        byte: chunk[at] ?? 0,
        offset: tap.next,
        unit: found.unit,
        index: start + at - found.start,
      });
      parts.push(chunk.subarray(from, at));
      if (act.kind === 'happen') {
        this.#offset = start + at;
        this.#remaining = act.loses ? 0 : chunk.length - at;
        this.arrive(Buffer.concat(parts));
        if (act.loses) lost();
        act.happen();
        this.#remaining = 0;
        return act.loses ? nothing : chunk.subarray(at);
      }
      parts.push(act.bytes);
      from = at + 1;
      this.#offset = start + from;
    }
    parts.push(chunk.subarray(from));
    this.#offset = start + chunk.length;
    this.arrive(Buffer.concat(parts));
    return nothing;
  }

  /** The tap whose byte comes first among the next `length`. One that another was quicker than waits for the next. */
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
