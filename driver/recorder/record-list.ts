import type { RecordingLine } from './lines';

/** A line, and the position behind it. */
export interface PlacedLine {
  readonly line: RecordingLine;
  readonly next: number;
}

/** What a line counts besides its text. */
const LINE_BYTES = 8;
/** The list drops its oldest lines in parts of this share of its capacity. */
const PART_SHARE = 1 / 16;

/** The newest lines in order, at most as many bytes of them as its capacity. */
export class RecordList {
  /** Most bytes of a line's text. */
  readonly longest: number;
  readonly #capacity: number;
  #lines: PlacedLine[] = [];
  /** A position counts the bytes ever added: those of the oldest line, and behind the newest. */
  #start = 0;
  #end = 0;

  /** @param capacity bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.longest = capacity - LINE_BYTES;
  }

  /** Adds a line; drops the oldest ones where there is no room, and all where there is none for this one either. */
  push(line: RecordingLine, textBytes: number): void {
    this.#end += LINE_BYTES + textBytes;
    this.#lines.push({ line, next: this.#end });
    if (this.#end - this.#start <= this.#capacity) return;
    const start = this.#end - this.#capacity * (1 - PART_SHARE);
    const last = this.#lines.length - 1;
    const found = this.#lines.findIndex(({ next }) => next >= start);
    // Keeps the newest line, if it has room alone.
    const count = textBytes > this.longest ? last + 1 : Math.min(found + 1, last);
    this.#start = this.#lines[count - 1]?.next ?? this.#start;
    this.#lines = this.#lines.slice(count);
  }

  /** Position behind the newest line. */
  get end(): number {
    return this.#end;
  }

  /** Position of the oldest line; 0 while all are there. */
  get start(): number {
    return this.#start;
  }

  /** Position of the oldest line with at most so many bytes behind it. */
  tail(bytes: number): number {
    const position = this.#end - bytes;
    if (position <= this.#start) return this.#start;
    return this.#lines.find(({ next }) => next >= position)?.next ?? this.#end;
  }

  /** The lines from a position on that the list still holds. */
  since(position: number): readonly PlacedLine[] {
    return this.#lines.slice(this.#lines.findLastIndex(({ next }) => next <= position) + 1);
  }
}
