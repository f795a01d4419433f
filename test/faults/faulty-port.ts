import type { Port, PortHandlers, PortOpener } from '../../driver/port/port';
import { ExchangeLog, sendsOtherwise, type SendExchange } from './exchange-log';
import type { ByteFault, LineWitness, Spot } from './hit';
import { headerFields, ReportLog, type DataReport, type SaidByte } from './report-log';

export interface FaultyPortOptions {
  readonly now: () => number;
  readonly witness: LineWitness;
  /** Cuts what the device says: returns the pieces. Absent: as it comes. */
  readonly cut?: (chunk: Buffer) => Buffer[];
}

/** A byte on its way, and what it belongs to. */
interface Passing {
  readonly byte: number;
  readonly spot: Spot;
  readonly said: SaidByte | undefined;
}

/** A port on whose line bytes get lost, doubled, inserted and flipped, and that knows what they belonged to. */
export class FaultyPort implements PortOpener {
  readonly #inner: PortOpener;
  readonly #options: FaultyPortOptions;
  readonly sent: ExchangeLog;
  readonly said = new ReportLog();
  readonly #faults = new Set<{ readonly fault: ByteFault; skip: number; count: number }>();
  readonly #offsets = { 'to-device': 0, 'to-host': 0 };
  #handlers: PortHandlers | undefined;

  constructor(inner: PortOpener, options: FaultyPortOptions) {
    this.#inner = inner;
    this.#options = options;
    this.sent = new ExchangeLog(options.now);
  }

  get address(): string {
    return this.#inner.address;
  }

  get rate(): number | undefined {
    return this.#inner.rate;
  }

  async open(handlers: PortHandlers, rate?: number): Promise<Port> {
    const port = await this.#inner.open(
      {
        data: (chunk) => this.#toHost(chunk, handlers),
        lost: (error) => handlers.lost(error),
      },
      rate,
    );
    this.#handlers = handlers;
    return {
      write: (bytes) => {
        const damaged = this.#toDevice(Buffer.from(bytes));
        if (damaged.length > 0) port.write(damaged);
      },
      get pending() {
        return port.pending;
      },
      ...(port.setRate && { setRate: (to: number) => port.setRate?.(to) ?? Promise.resolve() }),
      ...(port.reset && { reset: () => port.reset?.() ?? Promise.resolve() }),
      close: () => port.close(),
    };
  }

  /** Has a fault wait for its byte. Returns its withdrawal. */
  arm(fault: ByteFault): () => void {
    const armed = { fault, skip: fault.skip, count: fault.count ?? 1 };
    this.#faults.add(armed);
    return () => void this.#faults.delete(armed);
  }

  /** Bytes that passed so far, as they were written. */
  offset(direction: 'to-device' | 'to-host'): number {
    return this.#offsets[direction];
  }

  /** Puts bytes into what the host hears, between two chunks. */
  say(bytes: Buffer): void {
    this.#handlers?.data(bytes);
  }

  #toDevice(bytes: Buffer): Buffer {
    const spot = this.sent.see(bytes);
    const damaged = this.#damage(
      'to-device',
      [...bytes].map((byte) => ({ byte, spot, said: undefined })),
    );
    const { current } = this.sent;
    if (current && spot === 'command') this.#judgeLine(current, damaged.toString('latin1'));
    if (current && spot === 'payload') {
      current.drift += damaged.length - bytes.length;
      current.touched ||= !damaged.equals(bytes);
      if (current.touched && current.drift === 0 && current.label)
        this.#options.witness.unknowable(current.label, 'payload byte');
    }
    return damaged;
  }

  #judgeLine(exchange: SendExchange, arrived: string): void {
    exchange.arrivedAs = arrived.replace(/\r\n$/, '');
    exchange.astray = sendsOtherwise(exchange.line, exchange.arrivedAs);
  }

  #toHost(chunk: Buffer, handlers: PortHandlers): void {
    const said = this.said.see(chunk);
    const passing = [...chunk].map((byte, index) => {
      const each = said[index];
      return { byte, spot: each?.spot ?? 'answer', said: each };
    });
    const damaged = this.#damage('to-host', passing);
    const pieces = this.#options.cut?.(damaged) ?? [damaged];
    for (const piece of pieces) if (piece.length > 0) handlers.data(piece);
  }

  #damage(direction: 'to-device' | 'to-host', passing: readonly Passing[]): Buffer {
    const start = this.#offsets[direction];
    this.#offsets[direction] += passing.length;
    if (this.#faults.size === 0) return Buffer.from(passing.map(({ byte }) => byte));
    const out: number[] = [];
    passing.forEach((each, index) => {
      const armed = this.#ripe(direction, each.spot);
      if (!armed) {
        out.push(each.byte);
        return;
      }
      const { fault } = armed;
      const bytes = changed(each.byte, fault);
      out.push(...bytes);
      if (each.said) this.#judgeSaid(each.said, bytes);
      fault.hit({ direction, spot: each.spot, act: fault.act, offset: start + index });
    });
    return Buffer.from(out);
  }

  #ripe(direction: 'to-device' | 'to-host', spot: Spot): { readonly fault: ByteFault } | undefined {
    for (const armed of this.#faults) {
      const { fault } = armed;
      if (fault.direction !== direction) continue;
      if (fault.spots && !fault.spots.includes(spot) && armed.count === (fault.count ?? 1))
        continue;
      if (armed.skip > 0) {
        armed.skip--;
        continue;
      }
      armed.count--;
      if (armed.count === 0) this.#faults.delete(armed);
      return armed;
    }
    return undefined;
  }

  /** Whether a change in what the device said can be known at all. */
  #judgeSaid({ report, spot, index }: SaidByte, bytes: readonly number[]): void {
    if (!report) return;
    const { witness } = this.#options;
    const tell = (kind: 'payload byte' | 'data digit' | 'made up for') =>
      this.said.whenKnown(report.link, (label) => witness.unknowable(label, kind));
    if (spot === 'header') {
      const { header } = report;
      const read = header.slice(0, index) + String.fromCharCode(...bytes) + header.slice(index + 1);
      if (isOtherReport(report, read)) tell('data digit');
    } else if (spot === 'data') {
      report.touched = true;
      report.drift += bytes.length - 1;
      if (report.drift === 0) tell('payload byte');
      if (report.drift === -2) tell('made up for');
    }
  }
}

function changed(byte: number, { act, value }: ByteFault): readonly number[] {
  switch (act) {
    case 'lost':
      return [];
    case 'doubled':
      return [byte, byte];
    case 'inserted':
      return [value, byte];
    case 'flipped':
      return [byte ^ value];
  }
}

/** Whether a header reads as a report that could be as well. */
function isOtherReport(report: DataReport, read: string): boolean {
  const meant = headerFields(report.header, report.long);
  const fields = headerFields(read, report.long);
  if (!meant || !fields || fields.join() === meant.join()) return false;
  if (!report.long) return true;
  // The two lengths check each other.
  return fields[3] === meant[3] && fields[4] === meant[4];
}
