import type { Hit } from '../../../simulator/faults';
import type { MessageLog, InEntry, OutEntry } from '../message-log';
import type { Undetectable } from './invariants/undetectable';
import { headersOf, ReceivedStream, type DataHeader } from './received-stream';

/** A corrupt URC, or an executed line, belongs to one of this many latest messages. */
const RECENT_MESSAGES = 60;

const sendLine = /^AT\+WSSEND=(\d+),(\d+)(?:,(\d+))?(?:,(\d+))?(?:,(\d+))?$/i;
const urcLine = /^\+(?:WS_(?:CONNECTED|DISCONNECTED|CLOSED)|WSOPEN):/;

const LINE_END_BYTES = 2;

/** The faults that stop the device within its output. It boots before it writes again. */
const stops = new Set(['restart', 'power-cycle', 'freeze']);

/**
 * Observes the host's writes, the device's commands and the bytes that faults changed in between, and marks the messages
 * whose change no host can detect.
 */
export class PortMonitor {
  /** Command lines of messages that the device executed, with the latest payload. */
  readonly injected: { readonly line: string; readonly entry: OutEntry | undefined }[] = [];
  /** Times at which a URC or response about a link may have arrived as one about another. */
  readonly misreported: number[] = [];
  /** Links on which the device sent an empty message, because the command of another arrived with length 0. */
  readonly emptied: number[] = [];
  /** Where a byte changed in a delimiter that came alone, as that of an empty message does. */
  readonly corruptDelimiters: { readonly link: number; readonly at: number }[] = [];
  readonly #log: MessageLog;
  readonly #delimiter: Buffer;
  /** Bytes that faults added, less the lost ones, by payload and by URC. */
  readonly #payloadDrift = new WeakMap<OutEntry, number>();
  readonly #urcDrift = new WeakMap<Buffer, number>();
  readonly #toHost = new ReceivedStream();
  /** Command lines of the host that the device has not executed: their counts by line. */
  readonly #written = new Map<string, number>();
  #line = '';
  /** Whether the device has executed that line. */
  #hasArrived = false;
  /** Whether the device executed another AT+WSSEND than the host's. */
  #misdirected = false;
  /** Whether the device has sent the final result code of its latest line. */
  #answered = false;
  /** Whether the device has refused bytes since the latest payload, before its final result code. */
  #refused = false;
  /** Bytes that faults added between the line and its payload, less the lost ones. */
  #driftBeforePayload = 0;
  /** The message whose payload is under way. */
  #atWork: OutEntry | undefined;
  /** The message with the latest payload. */
  #latest: OutEntry | undefined;

  /** @param delimiter the server sends it behind each message */
  constructor(log: MessageLog, delimiter: Buffer) {
    this.#log = log;
    this.#delimiter = delimiter;
  }

  /** The host wrote bytes. */
  wrote(bytes: Buffer): void {
    const text = bytes.toString('latin1');
    if (/^(?:\r\n)+$/.test(text)) return;
    const entry = sendLine.test(this.#line) ? this.#sendOf(bytes) : undefined;
    if (entry) {
      entry.payloadAt ??= this.#log.now;
      this.#atWork = this.#latest = entry;
      this.#refused = false;
      if (this.#driftBeforePayload > 0) {
        this.#payloadDrift.set(entry, this.#driftBeforePayload);
        entry.undetectable.add('pushed out');
      }
      if (this.#misdirected) entry.undetectable.add('send digit');
      return;
    }
    if (!text.startsWith('AT')) return;
    this.#line = text.slice(0, -2);
    this.#hasArrived = false;
    this.#written.set(this.#line, (this.#written.get(this.#line) ?? 0) + 1);
    this.#atWork = undefined;
    this.#driftBeforePayload = 0;
    this.#misdirected = false;
  }

  /** The host reads bytes, after the changes of faults. */
  read(bytes: Buffer): void {
    this.#toHost.received(bytes);
  }

  /** The device executes the command line that arrived. */
  executed(line: string): void {
    this.#answered = false;
    const left = this.#written.get(line) ?? 0;
    if (left > 0) {
      this.#written.set(line, left - 1);
      this.#hasArrived ||= line === this.#line;
      return;
    }
    if (sendsOtherwise(this.#line, line)) {
      this.#misdirected = true;
      const [, link, length] = sendLine.exec(line) ?? [];
      if (Number(length) === 0) this.emptied.push(Number(link));
    }
    const isRest = !this.#hasArrived && isRestOf(line, this.#line);
    if (this.#isOfMessage(line) && !isRest) this.injected.push({ line, entry: this.#latest });
  }

  /** The device wrote the final result code of that line. */
  answered(): void {
    this.#answered = true;
  }

  /** The device refused bytes with a diagnostic. */
  refused(): void {
    // A host can detect extra bytes that the device refuses before its final result code.
    if (this.#answered) return;
    this.#refused = true;
    if (this.#atWork?.outcome === 'pending') this.#atWork.undetectable.delete('pushed out');
  }

  /** Call when a fault applies. */
  hit({ fault, place }: Hit): void {
    if (stops.has(fault))
      this.#toHost.cut((header, arrived) =>
        this.#mark(header, Buffer.from(arrived, 'latin1'), 'compensated'),
      );
    if (place.kind !== 'bytes') return;
    const { direction, chunk, index, sent, received } = place;
    if (direction === 'to-host') this.#changedUrc(chunk, index, sent, received);
    else if (!this.#atWork) {
      const isBehind = sent.length === 0 || index + sent.length === chunk.length;
      if (isBehind && sendLine.test(this.#line))
        this.#driftBeforePayload += received.length - sent.length;
    } else if (this.#atWork.outcome === 'pending') {
      const before = this.#payloadDrift.get(this.#atWork) ?? 0;
      if (before < 0 && sent.length === 0) this.#atWork.undetectable.add('noise answered');
      const drift = before + received.length - sent.length;
      this.#payloadDrift.set(this.#atWork, drift);
      mark(this.#atWork, 'payload byte', drift === 0);
      mark(this.#atWork, 'pushed out', drift > 0 && !this.#refused);
    }
  }

  #isOfMessage(line: string): boolean {
    if (!/^AT/i.test(line)) return false;
    const recent = this.#log.out.slice(-RECENT_MESSAGES);
    return recent.some(({ payload }) => payload.toString('latin1').split('\r\n').includes(line));
  }

  #sendOf(bytes: Buffer): OutEntry | undefined {
    for (const entry of this.#log.pendingSends) if (entry.payload.includes(bytes)) return entry;
    return undefined;
  }

  #changedUrc(unit: Buffer, index: number, sent: Buffer, received: Buffer): void {
    const text = unit.toString('latin1');
    if (urcLine.test(text.trimStart())) this.misreported.push(this.#log.now);
    const parts = partsOf(text);
    if (!parts) return;
    const { header, length } = parts;
    const data = unit.subarray(header.length, header.length + length);
    if (index < header.length) {
      const changed = received.toString('latin1');
      const read = header.slice(0, index) + changed + header.slice(index + sent.length);
      if (isOtherUrc(header, read)) this.#mark(header, data, 'data digit');
      return;
    }
    if (index >= header.length + length + LINE_END_BYTES) return;
    const before = this.#urcDrift.get(unit) ?? 0;
    const drift = before + received.length - sent.length;
    this.#urcDrift.set(unit, drift);
    if (before === 0 && drift !== 0)
      this.#toHost.watch(header, length, index, (taken) => {
        this.#mark(header, data, 'compensated');
        this.#markIn(taken);
      });
    if (drift === 0 && index < header.length + length) {
      this.#mark(header, data, 'payload byte');
      if (data.equals(this.#delimiter))
        this.corruptDelimiters.push({ link: Number(header.slice(9, 10)), at: this.#log.now });
    }
  }

  /** Marks the messages whose data the host took for the rest of other data. */
  #markIn(taken: string): void {
    for (const { index } of taken.matchAll(/\+WS_DATA:/g)) {
      const text = taken.slice(index);
      for (const { header, length } of headersOf(text)) {
        const end = header.length + length;
        const data = Buffer.from(text.slice(header.length, end), 'latin1');
        if (text.startsWith('\r\n', end)) this.#mark(header, data, 'compensated');
      }
    }
  }

  /** Marks the pending messages that may contain the data. */
  #mark(header: string, data: Buffer, kind: Undetectable): void {
    const link = Number(header.slice(9, 10));
    const candidates = this.#log.in
      .slice(-RECENT_MESSAGES)
      .filter((entry) => entry.link === link && entry.arrivals.length === 0);
    for (const entry of candidates) if (this.#holds(entry, data)) entry.undetectable.add(kind);
  }

  #holds(entry: InEntry, data: Buffer): boolean {
    // Every message contains empty data: only that of an empty message may be meant.
    if (data.length === 0) return entry.payload.length === 0;
    return Buffer.concat([this.#delimiter, entry.payload, this.#delimiter]).includes(data);
  }
}

/** The header of a `+WS_DATA` and the length of its data, in the format that fits its length. */
function partsOf(urc: string): DataHeader | undefined {
  return headersOf(urc).find(
    ({ header, length }) => header.length + length + LINE_END_BYTES === urc.length,
  );
}

/** Whether a line may be the rest of another that has lost bytes. */
function isRestOf(line: string, whole: string): boolean {
  let left = 0;
  for (let at = 0; at < whole.length && left < line.length; at++)
    if (whole[at] === line[left]) left++;
  return left === line.length;
}

/** Whether both lines are an AT+WSSEND, but not the same. */
function sendsOtherwise(meant: string, read: string): boolean {
  return meant !== read && sendLine.test(meant) && sendLine.test(read);
}

/** Whether a corrupt header is another valid one. */
function isOtherUrc(meant: string, read: string): boolean {
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
