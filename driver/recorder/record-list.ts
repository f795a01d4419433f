import type { RecordingLine } from './lines';

/** A line without a secret, and how many bytes it counts. */
export interface CleanRecord {
  readonly line: RecordingLine;
  readonly bytes: number;
}

/** A line, and the position behind it. */
export interface PlacedLine {
  readonly line: RecordingLine;
  readonly next: number;
}

/**
 * What a record counts beside its bytes: about the size of its time, length and kind in binary. In memory, a record takes
 * 113 to 190 bytes beside its text (measured, Node.js 20). Counting those would make recordings so short that the list may
 * drop the beginning of a `+WSHEAD` line before its end comes. foreign-secrets.ts would then have to guess how far the value
 * of the header goes.
 */
const RECORD_OVERHEAD_BYTES = 13;
/** The share of its capacity that a full list keeps: dropping many records at once takes less time than one by one. */
const KEPT_SHARE = 15 / 16;

/**
 * The newest records in order, at most as many bytes of them as its capacity. A position counts the bytes of all records
 * before it.
 */
export class RecordList {
  /** Most bytes of a record: half of the capacity, so that it never pushes out all others. */
  readonly longest: number;
  readonly #capacity: number;
  readonly #records: (PlacedLine & { readonly start: number })[] = [];
  #end = 0;

  /** @param capacity bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.longest = Math.max(0, Math.floor(capacity / 2) - RECORD_OVERHEAD_BYTES);
  }

  /** Adds a record, or its length where it is too long; drops the oldest ones where there is no room. */
  push({ line, bytes }: CleanRecord): void {
    if (bytes > this.longest) return this.push({ line: { at: line.at, omitted: bytes }, bytes: 0 });
    const start = this.#end;
    this.#end += RECORD_OVERHEAD_BYTES + bytes;
    this.#records.push({ line, start, next: this.#end });
    if (this.#end - this.start <= this.#capacity) return;
    const oldest = this.#end - this.#capacity * KEPT_SHARE;
    const dropped = this.#records.findIndex(({ start }) => start >= oldest);
    this.#records.splice(0, dropped);
  }

  /** Replaces the lines. Their positions stay. */
  replaceLines(replaced: (line: RecordingLine) => RecordingLine): void {
    for (const [index, record] of this.#records.entries())
      this.#records[index] = { ...record, line: replaced(record.line) };
  }

  /** Position behind the newest record. */
  get end(): number {
    return this.#end;
  }

  /** Position of the oldest record; 0 while all are there. */
  get start(): number {
    return this.#records[0]?.start ?? this.#end;
  }

  /** Position of the oldest record from which at most so many bytes follow, its own included. */
  tail(bytes: number): number {
    return this.#records.find(({ start }) => start >= this.#end - bytes)?.start ?? this.#end;
  }

  /** The lines from a position on that the list still holds. */
  since(position: number): readonly PlacedLine[] {
    return this.#records.filter(({ start }) => start >= position);
  }
}
