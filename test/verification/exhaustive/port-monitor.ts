import type { Port, PortHandlers, PortOpener } from '../../../driver/port/port';
import type { VirtualClock } from '../../../simulator/replay/virtual-clock';
import type { PacedLine } from '../../../simulator/serial/paced-line';

/** `to-device`: what the host writes; `to-host`: what the device sends. */
export type Direction = 'to-device' | 'to-host';

/** What happens on the port when one byte passes. */
export interface PortFault {
  readonly direction: Direction;
  /** The byte's offset among all of its direction. */
  readonly at: number;
  /** What arrives instead of the byte. Absent: the byte itself. */
  readonly instead?: (byte: number) => Buffer;
  /** Called in front of the byte, once all before it has arrived. */
  readonly happen?: () => void;
  /** The byte and the rest of what came with it are lost. */
  readonly loses?: boolean;
  /** Milliseconds that the byte, and all behind it, come later. Absent: in one piece with what came before. */
  readonly pause?: number;
}

/** One write. */
export interface Piece {
  readonly start: number;
  readonly bytes: Buffer;
  /** How many bytes had passed the other way. */
  readonly other: number;
  /** Milliseconds. */
  readonly at: number;
}

/** One application of a fault. */
export interface Strike {
  /** Milliseconds. */
  readonly at: number;
  /** Bytes that had passed each way. */
  readonly offsets: Readonly<Record<Direction, number>>;
  /** Command lines that the device had received. */
  readonly commands: number;
}

interface Lane {
  readonly pieces: Piece[];
  offset: number;
  deliver: (bytes: Buffer) => void;
  /** During a pause: what has to wait. */
  waiting: Buffer[] | undefined;
}

/** A port between driver and device that records all bytes, with one fault at one byte. */
export class PortMonitor implements PortOpener {
  readonly address = 'exhaustive';
  readonly rate: number | undefined;
  /** Faults that have not applied. */
  readonly #armed: PortFault[] = [];
  /** Where and when each fault applied, in that order. */
  readonly strikes: Strike[] = [];
  /** Command lines that the device has received. */
  commands: () => number = () => 0;
  readonly #line: PacedLine | undefined;
  readonly #clock: VirtualClock;
  readonly #lanes: Readonly<Record<Direction, Lane>>;
  #handlers: PortHandlers | undefined;

  /** @param line whose baud rate the host can set, and whose RTS and CTS are wired */
  constructor(clock: VirtualClock, toDevice: (bytes: Buffer) => void, line?: PacedLine) {
    this.#clock = clock;
    this.#line = line;
    this.rate = line?.hostRate;
    const lane = (deliver: Lane['deliver']): Lane => {
      return { pieces: [], offset: 0, deliver, waiting: undefined };
    };
    this.#lanes = {
      'to-device': lane(toDevice),
      'to-host': lane((bytes) => this.#handlers?.data(bytes)),
    };
  }

  get isOpen(): boolean {
    return this.#handlers !== undefined;
  }

  /** Bytes that passed so far. */
  offset(direction: Direction): number {
    return this.#lanes[direction].offset;
  }

  /** What each end wrote so far, before the fault changed it. */
  pieces(direction: Direction): readonly Piece[] {
    return this.#lanes[direction].pieces;
  }

  /** When the last fault applied. */
  get triggeredAt(): number | undefined {
    return this.strikes.at(-1)?.at;
  }

  /** Makes a fault apply at its byte. */
  arm(fault: PortFault): void {
    this.#armed.push(fault);
  }

  /** A fault applies now. @param passed bytes that had passed where that is not all that was written */
  struck(passed: Partial<Strike['offsets']> = {}): void {
    const offsets = {
      'to-device': this.offset('to-device'),
      'to-host': this.offset('to-host'),
      ...passed,
    };
    this.strikes.push({ at: this.#clock.now(), offsets, commands: this.commands() });
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

  /** Bytes from the device. */
  deliver(bytes: Buffer): void {
    this.#pass('to-host', bytes);
  }

  #pass(direction: Direction, bytes: Buffer): void {
    const lane = this.#lanes[direction];
    const start = lane.offset;
    const other = this.#lanes[direction === 'to-host' ? 'to-device' : 'to-host'].offset;
    lane.pieces.push({ start, bytes, other, at: this.#clock.now() });
    lane.offset += bytes.length;
    this.#through(direction, bytes, start);
  }

  /** Lets bytes through, from an offset on, up to the next fault and behind it. */
  #through(direction: Direction, bytes: Buffer, start: number): void {
    const fault = this.#next(direction, start, start + bytes.length);
    if (fault) this.#strike(fault, bytes, start);
    else this.#arrive(this.#lanes[direction], bytes);
  }

  /** The first fault in a range of offsets. */
  #next(direction: Direction, start: number, end: number): PortFault | undefined {
    return this.#armed
      .filter((fault) => fault.direction === direction && fault.at >= start && fault.at < end)
      .sort((one, other) => one.at - other.at)[0];
  }

  #strike(fault: PortFault, bytes: Buffer, start: number): void {
    this.#armed.splice(this.#armed.indexOf(fault), 1);
    this.struck({ [fault.direction]: fault.at + 1 });
    const { direction, at, happen, instead, loses, pause } = fault;
    const lane = this.#lanes[direction];
    const index = at - start;
    const before = bytes.subarray(0, index);
    const changed = instead?.(bytes[index] ?? 0) ?? bytes.subarray(index, index + 1);
    const rest = bytes.subarray(index + 1);
    const isLast = !this.#next(direction, at + 1, start + bytes.length);
    const isCut = happen !== undefined || pause !== undefined;
    if (isLast && !isCut) {
      this.#arrive(lane, Buffer.concat([before, changed, rest]));
      return;
    }
    this.#arrive(lane, before);
    happen?.();
    if (loses) return;
    if (pause) {
      lane.waiting = [];
      this.#clock.after(pause, () => this.#release(lane));
    }
    if (isLast) {
      this.#arrive(lane, Buffer.concat([changed, rest]));
    } else {
      this.#arrive(lane, changed);
      this.#through(direction, rest, at + 1);
    }
  }

  #release(lane: Lane): void {
    const waiting = lane.waiting ?? [];
    lane.waiting = undefined;
    for (const bytes of waiting) lane.deliver(bytes);
  }

  #arrive(lane: Lane, bytes: Buffer): void {
    if (bytes.length === 0) return;
    if (lane.waiting) lane.waiting.push(bytes);
    else lane.deliver(bytes);
  }
}
