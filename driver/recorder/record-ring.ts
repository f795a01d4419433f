/** One record in a {@link RecordRing}. */
export interface RingRecord {
  readonly kind: number;
  /** Milliseconds of the clock, to the microsecond. */
  readonly at: number;
  /** A view: valid until the next push. */
  readonly bytes: Buffer;
  /** Where the record behind it starts, for {@link RecordRing.since}. */
  readonly next: number;
}

/** Kind (1), bytes (4), microseconds (6). */
const HEAD_BYTES = 11;
const LENGTH_OFFSET = 1;
const TIME_OFFSET = 5;
const TIME_BYTES = 6;
/** The rest of the memory is unused: no record wraps. */
const SKIP = 255;

/** Records in the order of their coming, as many of the newest as have room. Allocates its memory once. */
export class RecordRing {
  readonly #capacity: number;
  #memory: Buffer | undefined;
  /** Positions: bytes ever used. The ring holds those from `start` up to `end`. */
  #start = 0;
  #end = 0;

  /** @param capacity bytes, 0 for a ring that keeps nothing */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Position behind the newest record. */
  get end(): number {
    return this.#end;
  }

  /** Position of the oldest record. */
  get start(): number {
    return this.#start;
  }

  /**
   * Adds a record, cut to the room there is; gives up the oldest where it must.
   * @param kind 0 to 254
   */
  push(kind: number, at: number, bytes: Uint8Array): void {
    if (this.#capacity <= HEAD_BYTES) return;
    const memory = (this.#memory ??= Buffer.alloc(this.#capacity));
    const length = Math.min(bytes.length, this.#capacity - HEAD_BYTES);
    const size = HEAD_BYTES + length;
    const left = this.#capacity - (this.#end % this.#capacity);
    if (left < size) {
      this.#makeRoom(left);
      memory[this.#end % this.#capacity] = SKIP;
      this.#end += left;
    }
    this.#makeRoom(size);
    const offset = this.#end % this.#capacity;
    memory[offset] = kind;
    memory.writeUInt32LE(length, offset + LENGTH_OFFSET);
    memory.writeUIntLE(Math.round(at * 1000), offset + TIME_OFFSET, TIME_BYTES);
    memory.set(length === bytes.length ? bytes : bytes.subarray(0, length), offset + HEAD_BYTES);
    this.#end += size;
  }

  /** Position of the oldest record such that at most so many bytes of the ring follow. */
  tail(bytes: number): number {
    const memory = this.#memory;
    let place = this.#start;
    while (memory && this.#end - place > bytes) place = this.#behind(memory, place);
    return place;
  }

  /** The records from a position on, as far as the ring still holds them, the oldest first. */
  *since(position: number): Generator<RingRecord, void> {
    const memory = this.#memory;
    if (!memory) return;
    for (let place = Math.max(position, this.#start); place < this.#end;) {
      const next = this.#behind(memory, place);
      const offset = place % this.#capacity;
      const kind = memory[offset] ?? SKIP;
      if (kind !== SKIP) {
        const at = memory.readUIntLE(offset + TIME_OFFSET, TIME_BYTES) / 1000;
        const bytes = memory.subarray(offset + HEAD_BYTES, offset + next - place);
        yield { kind, at, bytes, next };
      }
      place = next;
    }
  }

  /** Gives up the records before a position. */
  dropBefore(position: number): void {
    if (position > this.#start) this.#start = Math.min(position, this.#end);
  }

  #makeRoom(bytes: number): void {
    const memory = this.#memory;
    if (!memory) return;
    while (this.#end + bytes - this.#start > this.#capacity) {
      this.#start = this.#behind(memory, this.#start);
    }
  }

  /** Position behind the record at a position. */
  #behind(memory: Buffer, position: number): number {
    const offset = position % this.#capacity;
    if (memory[offset] === SKIP) return position + this.#capacity - offset;
    return position + HEAD_BYTES + memory.readUInt32LE(offset + LENGTH_OFFSET);
  }
}
