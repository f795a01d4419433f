/** One record in a {@link RecordRing}. */
export interface RingRecord {
  readonly kind: number;
  /** Clock time in milliseconds, to the microsecond. */
  readonly at: number;
  /** A view, aligned to {@link WORD_BYTES}: valid until the next push. */
  readonly bytes: Buffer;
  /** Position of the record behind it, for {@link RecordRing.since}. */
  readonly next: number;
}

/** Records are aligned to words. */
export const WORD_BYTES = 4;
/** A word with the kind (1 byte) and the length (3 bytes), and a word with the microseconds since the record before. */
const HEAD_BYTES = 8;
const KIND_SHIFT = 24;
const MAX_RECORD_BYTES = 2 ** KIND_SHIFT - 1;
/** Kind of the unused rest of the memory: no record wraps. */
const SKIP = 255;
/** Kind of a time that does not fit into a word: a count of 2^32 microseconds. */
const LONG_TIME = 254;
const LONG_TIME_US = 2 ** 32;
/** The ring drops its oldest records in parts of this share of the memory. */
const PART_SHARE = 1 / 16;
/** Bytes that a loop copies faster than a native call does. */
const MAX_LOOP_BYTES = 16;

/** A position, and the time of the record before it. */
interface Place {
  readonly position: number;
  readonly microseconds: number;
}

/**
 * The newest records in order, in at least 15/16 of its memory. For speed it allocates its memory once and nothing for a
 * record, and does not read the old records that it overwrites: each would be a cache miss, several times a message.
 */
export class RecordRing {
  /** The memory, by words and by bytes, for records that {@link reserve} adds. */
  words = new Uint32Array();
  memory = Buffer.alloc(0);
  /** Bytes of a record at most. */
  readonly longest: number;
  readonly #capacity: number;
  /** A position counts the bytes ever used. The ring holds the records from `start` up to `end`. */
  #start = 0;
  #end = 0;
  /** Offset of `end` in the memory. */
  #offset = 0;
  /** Microseconds of the clock at the record before `start`, and at the newest. */
  #startUs = 0;
  #endUs = 0;
  /** Starts of the parts, the oldest first. */
  #parts: Place[] = [];
  #lastPart = 0;
  /** Place after the last read: a reader mostly goes on there. */
  #reader: Place = { position: 0, microseconds: 0 };

  /** @param capacity bytes, 0 for a ring that keeps nothing */
  constructor(capacity: number) {
    this.#capacity = capacity - (capacity % WORD_BYTES);
    this.longest = Math.max(0, Math.min(this.#capacity - HEAD_BYTES, MAX_RECORD_BYTES));
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
   * Adds a record, cut to {@link longest} bytes. Drops the oldest records where it needs room.
   * @param kind 0 to 253
   */
  push(kind: number, at: number, bytes: Uint8Array): void {
    const kept = bytes.length > this.longest ? bytes.subarray(0, this.longest) : bytes;
    const offset = this.reserve(kind, at, kept.length);
    copyBytes(kept, this.memory, offset);
  }

  /**
   * Adds a record that the caller then writes. Returns its offset in {@link memory}.
   * @param kind 0 to 253
   * @param length at most {@link longest}
   */
  reserve(kind: number, at: number, length: number): number {
    if (this.longest === 0) return 0;
    if (this.memory.length === 0) this.#allocate();
    const now = Math.round(at * 1000);
    let passed = Math.max(0, now - this.#endUs);
    if (passed >= LONG_TIME_US) passed = this.#passLongTime(passed);
    const offset = this.#take(sizeOf(length));
    const word = offset >> 2;
    this.words[word] = (kind << KIND_SHIFT) | length;
    this.words[word + 1] = passed;
    this.#endUs += passed;
    return offset + HEAD_BYTES;
  }

  /** Position of the oldest record with at most so many bytes of the ring behind it. */
  tail(bytes: number): number {
    let { position, microseconds } = this.#placeOf(this.#end - bytes);
    while (this.#end - position > bytes) {
      const offset = position % this.#capacity;
      microseconds += this.#passedAt(offset);
      position += this.#sizeAt(offset);
    }
    this.#reader = { position, microseconds };
    return position;
  }

  /** The records from a position on that the ring still holds, the oldest first. */
  *since(from: number): Generator<RingRecord, void> {
    if (from >= this.#end) return;
    let { position, microseconds } = this.#placeOf(from);
    while (position < this.#end) {
      const offset = position % this.#capacity;
      const word = this.words[offset >> 2] ?? 0;
      const kind = word >>> KIND_SHIFT;
      const isWanted = kind < LONG_TIME && position >= from;
      microseconds += this.#passedAt(offset);
      position += this.#sizeAt(offset);
      if (!isWanted) continue;
      this.#reader = { position, microseconds };
      const start = offset + HEAD_BYTES;
      const bytes = this.memory.subarray(start, start + (word & MAX_RECORD_BYTES));
      yield { kind, at: microseconds / 1000, bytes, next: position };
    }
  }

  /** The nearest known place at or before a position that the ring still holds. */
  #placeOf(position: number): Place {
    const { position: read } = this.#reader;
    return read >= this.#start && read <= position
      ? this.#reader
      : { position: this.#start, microseconds: this.#startUs };
  }

  /** Adds the part of a time that does not fit into a record; returns the rest. */
  #passLongTime(microseconds: number): number {
    const times = Math.floor(microseconds / LONG_TIME_US);
    const word = this.#take(HEAD_BYTES) >> 2;
    this.words[word] = LONG_TIME << KIND_SHIFT;
    this.words[word + 1] = times;
    this.#endUs += times * LONG_TIME_US;
    return microseconds - times * LONG_TIME_US;
  }

  #allocate(): void {
    const memory = new ArrayBuffer(this.#capacity);
    this.words = new Uint32Array(memory);
    this.memory = Buffer.from(memory);
  }

  /** Takes bytes of the memory in one piece; returns their offset. */
  #take(size: number): number {
    const left = this.#capacity - this.#offset;
    if (left < size) {
      this.#makeRoom(left);
      if (left > 0) this.words[this.#offset >> 2] = SKIP << KIND_SHIFT;
      this.#end += left;
      this.#offset = 0;
    }
    this.#makeRoom(size);
    if (this.#end - this.#lastPart >= this.#capacity * PART_SHARE) {
      this.#lastPart = this.#end;
      this.#parts.push({ position: this.#end, microseconds: this.#endUs });
    }
    const offset = this.#offset;
    this.#offset += size;
    this.#end += size;
    return offset;
  }

  #makeRoom(bytes: number): void {
    const oldest = this.#end + bytes - this.#capacity;
    while (this.#start < oldest) {
      const next = this.#parts.shift();
      this.#start = next?.position ?? this.#end;
      this.#startUs = next?.microseconds ?? this.#endUs;
    }
  }

  /** Bytes of the record at an offset. */
  #sizeAt(offset: number): number {
    const word = this.words[offset >> 2] ?? 0;
    return word >>> KIND_SHIFT === SKIP ? this.#capacity - offset : sizeOf(word & MAX_RECORD_BYTES);
  }

  /** Microseconds between the record at an offset and the one before. */
  #passedAt(offset: number): number {
    const kind = (this.words[offset >> 2] ?? 0) >>> KIND_SHIFT;
    if (kind === SKIP) return 0;
    const passed = this.words[(offset >> 2) + 1] ?? 0;
    return kind === LONG_TIME ? passed * LONG_TIME_US : passed;
  }
}

/** Bytes of memory of a record whose content has this length. */
function sizeOf(length: number): number {
  return HEAD_BYTES + length + (-length & (WORD_BYTES - 1));
}

/** Copies bytes into `target` at `offset`. */
export function copyBytes(bytes: Uint8Array, target: Uint8Array, offset: number): void {
  const { length } = bytes;
  if (length > MAX_LOOP_BYTES) target.set(bytes, offset);
  else for (let index = 0; index < length; index++) target[offset + index] = bytes[index] ?? 0;
}
