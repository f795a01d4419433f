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
  /** The fault; {@link triggeredAt} is set once it has applied. */
  event: PortFault | undefined;
  /** When the fault applied. */
  triggeredAt: number | undefined;
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
    const { event } = this;
    if (
      this.triggeredAt === undefined &&
      event?.direction === direction &&
      event.at < lane.offset
    ) {
      this.triggeredAt = this.#clock.now();
      this.#strike(lane, event, bytes, event.at - start);
    } else {
      this.#arrive(lane, bytes);
    }
  }

  #strike(lane: Lane, event: PortFault, bytes: Buffer, index: number): void {
    const before = bytes.subarray(0, index);
    const { happen, instead, loses, pause } = event;
    const changed = instead?.(bytes[index] ?? 0) ?? bytes.subarray(index, index + 1);
    const rest = Buffer.concat([changed, bytes.subarray(index + 1)]);
    if (!happen && pause === undefined) {
      this.#arrive(lane, Buffer.concat([before, rest]));
      return;
    }
    this.#arrive(lane, before);
    happen?.();
    if (loses) return;
    if (pause) {
      lane.waiting = [];
      this.#clock.after(pause, () => this.#release(lane));
    }
    this.#arrive(lane, rest);
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
