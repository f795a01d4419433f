import type { Hit } from '../../../simulator/faults';
import type { MessageLog, InEntry, OutEntry } from '../message-log';
import type { PortObserver } from './fault-harness';
import type { Undetectable } from './invariants/undetectable';

/** How many of the latest messages a corrupt URC may belong to. */
const RECENT = 60;

const sendLine = /^AT\+WSSEND=(\d+),(\d+)(?:,(\d+))?(?:,(\d+))?(?:,(\d+))?$/i;
/** With opcode, fin and length of the frame, and without. Data may go on as a header would. */
const dataHeaders = [/^\+WS_DATA:\d,\d+,\d,\d+,(\d+),/, /^\+WS_DATA:\d,(\d+),/];
const reportLine = /^\+(?:WS_(?:CONNECTED|DISCONNECTED|CLOSED)|WSOPEN):/;

/** Bytes of the CR LF behind data. */
const LINE_END = 2;

/** How faults changed the bytes of one message, or of one URC. */
interface Damage {
  touched: boolean;
  /** Bytes added by faults, less those lost. */
  drift: number;
}

/**
 * Sees what the host wrote, what the device executed, and which bytes faults changed in between, and marks the
 * messages whose change no host can detect.
 */
export class PortMonitor implements PortObserver {
  /** Command lines that the device executed though the host did not write them, with the latest payload. */
  readonly injected: { readonly line: string; readonly entry: OutEntry | undefined }[] = [];
  /** When a URC or response about a link may have arrived as one about another. */
  readonly misreported: number[] = [];
  readonly #log: MessageLog;
  readonly #delimiter: Buffer;
  readonly #payloads = new WeakMap<OutEntry, Damage>();
  readonly #reports = new WeakMap<Buffer, Damage>();
  /** Command lines that were written and may reach the device yet. */
  readonly #written = new Set<string>();
  #line = '';
  #astray = false;
  /** Whether the result of the line that the device took last was given, and bytes were refused before. */
  #answered = false;
  #refused = false;
  /** Bytes that came behind the line, where only payload was to come. */
  #early = 0;
  #atWork: OutEntry | undefined;
  /** The message whose payload was written last. */
  #latest: OutEntry | undefined;

  /** @param delimiter what the server puts behind each message */
  constructor(log: MessageLog, delimiter: Buffer) {
    this.#log = log;
    this.#delimiter = delimiter;
  }

  wrote(bytes: Buffer): void {
    const text = bytes.toString('latin1');
    if (/^(?:\r\n)+$/.test(text)) return;
    const entry = sendLine.test(this.#line) ? this.#sendOf(bytes) : undefined;
    if (entry) {
      entry.payloadAt ??= this.#log.now;
      this.#atWork = this.#latest = entry;
      this.#refused = false;
      if (this.#early > 0) {
        this.#payloads.set(entry, { touched: true, drift: this.#early });
        entry.undetectable.add('pushed out');
      }
      if (this.#astray) entry.undetectable.add('send digit');
      return;
    }
    if (!text.startsWith('AT')) return;
    this.#line = text.slice(0, -2);
    this.#written.add(this.#line);
    this.#atWork = undefined;
    this.#early = 0;
    this.#astray = false;
  }

  took(line: string): void {
    this.#answered = false;
    if (line === this.#line || this.#written.has(line)) return;
    this.#astray ||= sendsOtherwise(this.#line, line);
    if (/^AT(?:\+RST)?$/i.test(line) && !isLeftOf(line, this.#line))
      this.injected.push({ line, entry: this.#latest });
  }

  answered(): void {
    this.#answered = true;
  }

  refused(): void {
    // The device got too many bytes and said so before its result: a host can detect that.
    if (this.#answered) return;
    this.#refused = true;
    if (this.#atWork?.outcome === 'pending') this.#atWork.undetectable.delete('pushed out');
  }

  /** A fault struck. */
  hit({ place }: Hit): void {
    if (place.kind !== 'bytes') return;
    const { direction, unit, index, sent, received } = place;
    if (direction === 'to-host') this.#events(unit, index, sent, received);
    else if (!this.#atWork) {
      const isBehind = sent.length === 0 || index + sent.length === unit.length;
      if (isBehind && sendLine.test(this.#line)) this.#early += received.length - sent.length;
    } else if (this.#atWork.outcome === 'pending') {
      const damage = this.#payloads.get(this.#atWork) ?? { touched: false, drift: 0 };
      this.#payloads.set(this.#atWork, damage);
      damage.touched = true;
      if (damage.drift < 0 && sent.length === 0) this.#atWork.undetectable.add('noise answered');
      damage.drift += received.length - sent.length;
      mark(this.#atWork, 'payload byte', damage.drift === 0);
      mark(this.#atWork, 'pushed out', damage.drift > 0 && !this.#refused);
    }
  }

  #sendOf(bytes: Buffer): OutEntry | undefined {
    for (const entry of this.#log.pendingSends) if (entry.payload.includes(bytes)) return entry;
    return undefined;
  }

  #events(unit: Buffer, index: number, sent: Buffer, received: Buffer): void {
    const text = unit.toString('latin1');
    if (reportLine.test(text.trimStart())) this.misreported.push(this.#log.now);
    const parts = partsOf(text);
    if (!parts) return;
    const { header, length } = parts;
    const data = unit.subarray(header.length, header.length + length);
    if (index < header.length) {
      const changed = received.toString('latin1');
      const read = header.slice(0, index) + changed + header.slice(index + sent.length);
      if (isOtherReport(header, read)) this.#mark(header, data, 'data digit');
      return;
    }
    if (index >= header.length + length + LINE_END) return;
    const damage = this.#reports.get(unit) ?? { touched: false, drift: 0 };
    this.#reports.set(unit, damage);
    damage.drift += received.length - sent.length;
    if (damage.drift === 0 && index < header.length + length)
      this.#mark(header, data, 'payload byte');
    if (fitsAllTheSame(data, damage.drift)) this.#mark(header, data, 'made up for');
  }

  /** Of the messages on their way, those that the data may be a part of. */
  #mark(header: string, data: Buffer, kind: Undetectable): void {
    const link = Number(header.slice(9, 10));
    const candidates = this.#log.in
      .slice(-RECENT)
      .filter((entry) => entry.link === link && entry.arrivals.length === 0);
    for (const entry of candidates) if (this.#holds(entry, data)) entry.undetectable.add(kind);
  }

  #holds(entry: InEntry, data: Buffer): boolean {
    return Buffer.concat([this.#delimiter, entry.payload, this.#delimiter]).includes(data);
  }
}

/** The header of a report of data and the length of the data, in whichever format they fit the whole report. */
function partsOf(report: string): { header: string; length: number } | undefined {
  for (const format of dataHeaders) {
    const [header, digits] = format.exec(report) ?? [];
    if (header === undefined) continue;
    const length = Number(digits);
    if (header.length + length + LINE_END === report.length) return { header, length };
  }
  return undefined;
}

/**
 * Whether data with bytes too many or too few, its line end among them, seems to end where it should: with two
 * too few, the line end behind it or the one that an answer starts with serves; with too many, a line end in it.
 */
function fitsAllTheSame(data: Buffer, drift: number): boolean {
  if (drift === -LINE_END) return true;
  return drift > 0 && data.toString('latin1', Math.max(0, data.length - drift)).startsWith('\r\n');
}

/** Whether a line is what may be left of another when bytes are lost. */
function isLeftOf(line: string, whole: string): boolean {
  let left = 0;
  for (let at = 0; at < whole.length && left < line.length; at++)
    if (whole[at] === line[left]) left++;
  return left === line.length;
}

/** Whether a line sends, but not the same, or not to the same link, as the one meant. */
function sendsOtherwise(meant: string, read: string): boolean {
  return meant !== read && sendLine.test(meant) && sendLine.test(read);
}

/** Whether a header reads as one of a report that could be as well. */
function isOtherReport(meant: string, read: string): boolean {
  if (!/^\+WS_DATA:[0-2](?:,\d+)+,/.test(read)) return false;
  const fields = (header: string) => header.slice(9).split(',').slice(0, -1).map(Number);
  const was = fields(meant);
  const is = fields(read);
  if (was.length !== is.length || was.join() === is.join()) return false;
  // In the long format the two lengths check each other.
  return was.length === 2 || (was[3] === is[3] && was[4] === is[4]);
}

function mark(entry: OutEntry, kind: Undetectable, so: boolean): void {
  if (so) entry.undetectable.add(kind);
  else entry.undetectable.delete(kind);
}
