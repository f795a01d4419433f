import type { Port, PortHandlers, PortOpener } from '../../../driver/port/port';
import type { VirtualClock } from '../../../simulator/replay/virtual-clock';
import type { PacedLine } from '../../../simulator/serial/paced-line';

/** A direction of the port. */
export type Direction = 'to-device' | 'to-host';

/** A fault at one byte on the port. */
export interface PortFault {
  readonly direction: Direction;
  /** Count of bytes before it in its direction. */
  readonly at: number;
  /** Returns the bytes that arrive in its place; absent: the byte itself. */
  readonly replace?: (byte: number) => Buffer;
  /** Called once all bytes before it have arrived. */
  readonly happen?: () => void;
  /** Whether the byte and the rest of its write are lost. */
  readonly loses?: boolean;
  /** Milliseconds by which the byte and all behind it are late; 0 only starts a new chunk. */
  readonly pauseMs?: number;
}

/** One write. */
export interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
  /** Count of bytes that had passed in the other direction. */
  readonly other: number;
  /** Milliseconds. */
  readonly at: number;
}

/** One application of a fault. */
export interface Hit {
  /** Milliseconds. */
  readonly at: number;
  /** Counts of bytes that had passed. */
  readonly offsets: Readonly<Record<Direction, number>>;
  /** Count of command lines that the device had received. */
  readonly commands: number;
}

interface Stream {
  readonly pieces: Piece[];
  offset: number;
  deliver: (bytes: Buffer) => void;
  /** Bytes that wait for the end of a pause; undefined without a pause. */
  waiting: Buffer[] | undefined;
}

/** A port between driver and device that records all bytes and applies faults to single bytes. */
export class FaultPort implements PortOpener {
  readonly address = 'exhaustive';
  readonly rate: number | undefined;
  /** Faults that have not applied. */
  readonly #armed: PortFault[] = [];
  /** The applications of faults, in order. */
  readonly hits: Hit[] = [];
  /** Returns the count of command lines that the device has received. */
  commands: () => number = () => 0;
  readonly #line: PacedLine | undefined;
  readonly #clock: VirtualClock;
  readonly #streams: Readonly<Record<Direction, Stream>>;
  #handlers: PortHandlers | undefined;

  /** @param line a serial line whose baud rate the host can set, with RTS and CTS */
  constructor(clock: VirtualClock, toDevice: (bytes: Buffer) => void, line?: PacedLine) {
    this.#clock = clock;
    this.#line = line;
    this.rate = line?.hostRate;
    const stream = (deliver: Stream['deliver']): Stream => {
      return { pieces: [], offset: 0, deliver, waiting: undefined };
    };
    this.#streams = {
      'to-device': stream(toDevice),
      'to-host': stream((bytes) => this.#handlers?.data(bytes)),
    };
  }

  get isOpen(): boolean {
    return this.#handlers !== undefined;
  }

  /** Count of bytes so far. */
  offset(direction: Direction): number {
    return this.#streams[direction].offset;
  }

  /** The writes so far, before faults. */
  pieces(direction: Direction): readonly Piece[] {
    return this.#streams[direction].pieces;
  }

  /** When the last fault applied. */
  get triggeredAt(): number | undefined {
    return this.hits.at(-1)?.at;
  }

  /** Adds a fault, which applies once its byte passes. */
  arm(fault: PortFault): void {
    this.#armed.push(fault);
  }

  /** Call when a fault applies. @param passed counts of bytes, where they differ from `offset` */
  noteHit(passed: Partial<Hit['offsets']> = {}): void {
    const offsets = {
      'to-device': this.offset('to-device'),
      'to-host': this.offset('to-host'),
      ...passed,
    };
    this.hits.push({ at: this.#clock.now(), offsets, commands: this.commands() });
  }

  open(handlers: PortHandlers): Promise<Port> {
    this.#handlers = handlers;
    const line = this.#line;
    if (line) line.hostRate = this.rate;
    return Promise.resolve({
      pendingBytes: 0,
      ...(line && {
        setRate: (rate: number) => {
          line.hostRate = rate;
          return Promise.resolve();
        },
        readCts: () => Promise.resolve(line.cts),
        setFlowControl: () => Promise.resolve(),
      }),
      write: (bytes: Uint8Array) => this.#pass('to-device', Buffer.from(bytes)),
      close: () => {
        if (this.#handlers === handlers) this.#handlers = undefined;
        return Promise.resolve();
      },
    });
  }

  /** Delivers bytes from the device. */
  deliver(bytes: Buffer): void {
    this.#pass('to-host', bytes);
  }

  #pass(direction: Direction, bytes: Buffer): void {
    const stream = this.#streams[direction];
    const start = stream.offset;
    const other = this.#streams[direction === 'to-host' ? 'to-device' : 'to-host'].offset;
    stream.pieces.push({ start, bytes, other, at: this.#clock.now() });
    stream.offset += bytes.length;
    this.#through(direction, bytes, start);
  }

  /** Delivers bytes up to the next fault, applies it, and goes on with the rest. */
  #through(direction: Direction, bytes: Buffer, start: number): void {
    const fault = this.#next(direction, start, start + bytes.length);
    if (fault) this.#apply(fault, bytes, start);
    else this.#arrive(this.#streams[direction], bytes);
  }

  /** The first fault in a range of offsets. */
  #next(direction: Direction, start: number, end: number): PortFault | undefined {
    return this.#armed
      .filter((fault) => fault.direction === direction && fault.at >= start && fault.at < end)
      .sort((one, other) => one.at - other.at)[0];
  }

  #apply(fault: PortFault, bytes: Buffer, start: number): void {
    this.#armed.splice(this.#armed.indexOf(fault), 1);
    this.noteHit({ [fault.direction]: fault.at + 1 });
    const { direction, at, happen, replace, loses, pauseMs } = fault;
    const stream = this.#streams[direction];
    const index = at - start;
    const before = bytes.subarray(0, index);
    const changed = replace?.(bytes[index] ?? 0) ?? bytes.subarray(index, index + 1);
    const rest = bytes.subarray(index + 1);
    const isLast = !this.#next(direction, at + 1, start + bytes.length);
    const isCut = happen !== undefined || pauseMs !== undefined;
    if (isLast && !isCut) {
      this.#arrive(stream, Buffer.concat([before, changed, rest]));
      return;
    }
    this.#arrive(stream, before);
    happen?.();
    if (loses) return;
    if (pauseMs) {
      stream.waiting = [];
      this.#clock.after(pauseMs, () => this.#release(stream));
    }
    if (isLast) {
      this.#arrive(stream, Buffer.concat([changed, rest]));
    } else {
      this.#arrive(stream, changed);
      this.#through(direction, rest, at + 1);
    }
  }

  #release(stream: Stream): void {
    const waiting = stream.waiting ?? [];
    stream.waiting = undefined;
    for (const bytes of waiting) stream.deliver(bytes);
  }

  #arrive(stream: Stream, bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (stream.waiting) stream.waiting.push(bytes);
    else stream.deliver(bytes);
  }
}
