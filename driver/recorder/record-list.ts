import type { DriverLine, RecordingLine, SendLine } from './lines';

/** Kinds of records: bytes of host or device, a line as JSON, a line as an object, and a {@link SendLine} as object and bytes. */
const KINDS = ['host', 'device', 'json', 'line', 'send'] as const;

/** A record without a secret. */
export interface CleanRecord {
  readonly kind: (typeof KINDS)[number];
  /** Milliseconds. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Only of `line` and `send`. */
  readonly line?: DriverLine | Omit<SendLine, 'bytes'> | undefined;
}

/** A line, and the position behind it. */
export interface PlacedLine {
  readonly line: RecordingLine;
  readonly next: number;
}

/** Records one behind the other. */
interface Block {
  /** Position of the first record: a position counts the bytes of all records before it. */
  readonly start: number;
  readonly bytes: Buffer;
  used: number;
  /** Of each record. */
  readonly lines: CleanRecord['line'][];
}

/** Before the bytes of a record: its time (8 bytes), its length (4), its kind (1). */
const HEAD_BYTES = 13;
const LENGTH_OFFSET = 8;
const KIND_OFFSET = 12;
const MAX_BLOCK_BYTES = 16_384;
const NOTHING = new Uint8Array();
/** A block of several records takes this share of the capacity at most. */
const BLOCK_SHARE = 1 / 16;

/**
 * The newest records in order, at most as many bytes of them as its capacity. It drops the oldest ones by blocks. For speed
 * it copies bytes to its blocks: the garbage collector would move texts several times.
 */
export class RecordList {
  /** Most bytes of a record: half of the capacity, so that it never pushes out all others. */
  readonly longest: number;
  readonly #capacity: number;
  readonly #blockBytes: number;
  readonly #blocks: Block[] = [];
  /** Memory of a block that the list has dropped. */
  #spare: Buffer | undefined;
  #end = 0;

  /** @param capacity bytes */
  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#blockBytes = Math.min(MAX_BLOCK_BYTES, Math.floor(capacity * BLOCK_SHARE));
    this.longest = Math.max(0, Math.floor(capacity / 2) - HEAD_BYTES);
  }

  /** Adds a record, or its length where it is too long; drops the oldest ones where there is no room. */
  push({ kind, at, bytes, line }: CleanRecord): void {
    const { length } = bytes;
    if (length > this.longest)
      return this.push({ kind: 'line', at, bytes: NOTHING, line: { omitted: length } });
    const size = HEAD_BYTES + length;
    const oldest = this.#end + size - this.#capacity;
    while (this.start < oldest && this.#blocks.length > 0)
      this.#spare = this.#blocks.shift()?.bytes;
    const block = this.#blockFor(size);
    const offset = block.used;
    block.bytes.writeDoubleLE(at, offset);
    block.bytes.writeUInt32LE(length, offset + LENGTH_OFFSET);
    block.bytes[offset + KIND_OFFSET] = KINDS.indexOf(kind);
    block.bytes.set(bytes, offset + HEAD_BYTES);
    block.used += size;
    block.lines.push(line);
    this.#end += size;
  }

  /** Position behind the newest record. */
  get end(): number {
    return this.#end;
  }

  /** Position of the oldest record; 0 while all are there. */
  get start(): number {
    return this.#blocks[0]?.start ?? this.#end;
  }

  /** Position of the oldest record from which at most so many bytes follow, its own included. */
  tail(bytes: number): number {
    for (const { position } of this.#since(this.#end - bytes)) return position;
    return this.#end;
  }

  /** The lines from a position on that the list still holds. */
  since(position: number): PlacedLine[] {
    return Array.from(this.#since(position), (each) => ({ line: lineOf(each), next: each.next }));
  }

  *#since(from: number) {
    const first = this.#blocks.findLastIndex(({ start }) => start <= from);
    for (const { start, bytes, lines } of this.#blocks.slice(Math.max(0, first))) {
      let end = 0;
      for (const line of lines) {
        const offset = end;
        end += HEAD_BYTES + bytes.readUInt32LE(offset + LENGTH_OFFSET);
        if (start + offset < from) continue;
        yield {
          kind: KINDS[bytes[offset + KIND_OFFSET] ?? 0] ?? 'host',
          at: bytes.readDoubleLE(offset),
          bytes: bytes.subarray(offset + HEAD_BYTES, end),
          line,
          position: start + offset,
          next: start + end,
        };
      }
    }
  }

  /** Returns the newest block, or a new one where it has no room for so many bytes. */
  #blockFor(size: number): Block {
    const newest = this.#blocks.at(-1);
    if (newest && newest.used + size <= newest.bytes.length) return newest;
    const length = Math.max(size, this.#blockBytes);
    const bytes = this.#spare?.length === length ? this.#spare : Buffer.allocUnsafeSlow(length);
    this.#spare = undefined;
    const block = { start: this.#end, bytes, used: 0, lines: [] };
    this.#blocks.push(block);
    return block;
  }
}

/** Returns the line of a record. */
export function lineOf({ kind, at, bytes, line }: CleanRecord): RecordingLine {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  switch (kind) {
    case 'host':
      return { at, host: content.toString('latin1') };
    case 'device':
      return { at, device: content.toString('latin1') };
    case 'json':
      return { at, ...(JSON.parse(content.toString()) as DriverLine) };
    case 'line':
      return { at, ...(line as DriverLine) };
    case 'send':
      return { at, ...(line as SendLine), bytes: content.toString('latin1') };
  }
}
