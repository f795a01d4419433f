import type { FirmwareClass } from '../device/firmware';
import { bytesOf, type Line } from './recording';

/** A part of what the device sends that has one cause. */
export interface Piece {
  /** `response` (echo, responses, diagnostics), `link 0` …, `wifi`, `sntp`. */
  readonly cause: string;
  readonly bytes: Buffer;
  /** Milliseconds: when its first byte came. */
  readonly at: number;
  /** Index of the line of the recording that holds its last byte; 0 where there is none. */
  readonly line: number;
  /** It is what is left of a data report of which the beginning was matched. */
  readonly rest?: boolean;
}

/** URCs of a fixed form, by their cause. */
const urcs: readonly (readonly [cause: (link: string) => string, form: RegExp])[] = [
  [(link) => `link ${link}`, /^\+WS_(?:CONNECTED|DISCONNECTED|CLOSED):(\d)\r\n/],
  [() => 'wifi', /^WIFI (?:CONNECTED|DISCONNECT|GOT IP(?:v6 [LG]L)?)\r\n/],
  [() => 'sntp', /^\+TIME_UPDATED\r\n/],
];
/** Lines that hold what the device makes up, and what stands for that when they are compared. */
const variable: readonly (readonly [form: RegExp, alike: string])[] = [
  [/^((?:AT|SDK|Bin) version:|compile time)[^\r]*\r\n/, '$1(version)\r\n'],
  [/^(\+CIPSNTPTIME:)\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d (?!1970)\d{4}\r\n/, '$1(date)\r\n'],
  [/^(\+CIPSNTPTIME:)Thu Jan {2}1 \d\d:\d\d:\d\d 1970\r\n/, '$1(date of 1970)\r\n'],
  [/^(\+SYSTIMESTAMP:)\d+\r\n/, '$1(seconds)\r\n'],
  [/^(\+SYSRAM:)\d+,\d+\r\n/, '$1(bytes)\r\n'],
  [/^(\+CIPSTAMAC:|\+CIFSR:STAMAC,)"[0-9a-f:]{17}"\r\n/, '$1(address)\r\n'],
  [/^(\+CIPSTA:(?:ip|gateway|netmask):|\+CIFSR:STAIP,)"[1-9][\d.]+"\r\n/, '$1(address)\r\n'],
];
const variableBeginnings =
  /^(?:(?:AT|SDK|Bin) version|compile time|\+CIPSNTPTIME|\+SYSTIMESTAMP|\+SYSRAM|\+CIPSTA(?:MAC)?|\+CIFSR:STA(?:IP|MAC))[:(,]/;
const beginnings = [
  ...['+WS_CONNECTED:0\r\n', '+WS_DISCONNECTED:0\r\n', '+WS_CLOSED:0\r\n', '+WS_DATA:0,'],
  ...['WIFI CONNECTED\r\n', 'WIFI DISCONNECT\r\n', 'WIFI GOT IP\r\n', 'WIFI GOT IPv6 LL\r\n'],
  ...['+TIME_UPDATED\r\n', '\r\nbusy p...\r\n'],
  ...['AT version:', 'SDK version:', 'Bin version:', 'compile time(', '+CIPSNTPTIME:'],
  ...['+SYSTIMESTAMP:', '+SYSRAM:', '+CIPSTA:', '+CIPSTAMAC:', '+CIFSR:STAIP,', '+CIFSR:STAMAC,'],
];
const firstBytes = beginnings.map((text) => text.charCodeAt(0));
/** Diagnostics of which the count may differ. */
export const BUSY = bytesOf('\r\nbusy p...\r\n');

/** The masks of AT+WSDATAFMT, by link. Without entry: link, length, data, CR LF. */
export class DataFormats {
  readonly #firmware: FirmwareClass;
  readonly #formats = new Map<string, { level: number; mask: number }>();

  constructor(firmware: FirmwareClass) {
    this.#firmware = firmware;
  }

  /** Heeds what the host writes. */
  wrote(bytes: Buffer): void {
    // Older firmware refuses the command; the driver asks by it which class it has before it.
    if (this.#firmware !== 'D') return;
    const set = /^AT\+WSDATAFMT=([0-2]),([0-2]?),(\d*)\r\n/i.exec(bytes.toString('latin1'));
    if (!set) return;
    const [, link = '', level = '', mask = ''] = set;
    this.#formats.set(link, { level: Number(level), mask: mask === '' ? 48 : Number(mask) });
  }

  /** Length of the data report at the start of `text`; undefined while it is not all there or cannot be told. */
  reportLength(text: string): number | 'unknown' | undefined {
    const link = text.charAt('+WS_DATA:'.length);
    const { level, mask } = this.#formats.get(link) ?? { level: 0, mask: 48 };
    if (level !== 0 || (mask & 16) === 0) return 'unknown';
    const numbers = [1, 2, 4, 8, 16].filter((bit) => (mask & bit) !== 0).length;
    const head = new RegExp(`^\\+WS_DATA:\\d(?:,(\\d+)){${numbers}},`).exec(text);
    if (!head) return text.length > 80 ? 'unknown' : undefined;
    const length = head[0].length + Number(head[1]) + ((mask & 32) === 0 ? 0 : 2);
    return text.length < length ? undefined : length;
  }
}

interface Found {
  readonly cause: string;
  readonly length: number;
  /** What is compared instead of the bytes. */
  readonly alike?: Buffer;
}

interface Segment {
  readonly bytes: Buffer;
  readonly at: number;
  readonly line: number;
}

/** Cuts what the device sends into pieces, as it comes. */
export class PieceReader {
  readonly #formats: DataFormats;
  /** What may be the beginning of a URC. */
  #held: Segment[] = [];

  constructor(formats: DataFormats) {
    this.#formats = formats;
  }

  get held(): Buffer {
    return Buffer.concat(this.#held.map(({ bytes }) => bytes));
  }

  get heldPieces(): readonly Piece[] {
    return this.#held.map((segment) => ({ cause: 'response', ...segment }));
  }

  push(bytes: Buffer, at: number, line = 0): Piece[] {
    if (bytes.length === 0) return [];
    this.#held.push({ bytes, at, line });
    const all = this.held;
    const pieces: Piece[] = [];
    let start = 0;
    let index = 0;
    while (index < all.length) {
      const next = this.#urcAt(all, index);
      if (next === 'none') {
        index++;
        continue;
      }
      pieces.push(...this.#takeResponse(index - start));
      start = index;
      if (next === 'incomplete') return pieces;
      pieces.push(this.#takeUrc(next));
      index = start = index + next.length;
    }
    pieces.push(...this.#takeResponse(index - start));
    return pieces;
  }

  /** Gives up the first bytes of what is held: they are part of a response. */
  release(length: number): void {
    this.#take(length);
  }

  /** Hands out what is held. */
  flush(): Piece[] {
    return this.#takeResponse(Infinity);
  }

  #takeResponse(length: number): Piece[] {
    return this.#take(length).map((segment) => ({ cause: 'response', ...segment }));
  }

  #takeUrc({ cause, length, alike }: Found): Piece {
    const parts = this.#take(length);
    const bytes = alike ?? Buffer.concat(parts.map((part) => part.bytes));
    return { cause, bytes, at: parts[0]?.at ?? 0, line: parts.at(-1)?.line ?? 0 };
  }

  #take(length: number): Segment[] {
    const taken: Segment[] = [];
    for (let left = length; left > 0;) {
      const first = this.#held.shift();
      if (!first) break;
      taken.push({ ...first, bytes: first.bytes.subarray(0, left) });
      if (first.bytes.length > left) {
        this.#held.unshift({ ...first, bytes: first.bytes.subarray(left) });
      }
      left -= first.bytes.length;
    }
    return taken;
  }

  #urcAt(all: Buffer, index: number): Found | 'incomplete' | 'none' {
    const first = all[index];
    if (first === undefined || !firstBytes.includes(first)) return 'none';
    const text = all.toString('latin1', index, Math.min(all.length, index + 20_000));
    for (const [cause, form] of urcs) {
      const found = form.exec(text);
      if (found) return { cause: cause(found[1] ?? ''), length: found[0].length };
    }
    if (/^\+WS_DATA:\d,/.test(text)) {
      const length = this.#formats.reportLength(text);
      if (length === 'unknown') return 'none';
      return length === undefined ? 'incomplete' : { cause: `link ${text.charAt(9)}`, length };
    }
    if (variableBeginnings.test(text)) {
      const found = variable.find(([form]) => form.test(text));
      if (found) return { cause: 'response', ...asAlike(text, found) };
      return text.includes('\r\n') ? 'none' : 'incomplete';
    }
    if (text.startsWith(BUSY.toString('latin1'))) return { cause: 'response', length: BUSY.length };
    const isBeginning = (whole: string) =>
      text.length < whole.length && withLink0(whole, text.length) === withLink0(text, text.length);
    return beginnings.some(isBeginning) ? 'incomplete' : 'none';
  }
}

function asAlike(
  text: string,
  [form, alike]: (typeof variable)[number],
): Pick<Found, 'length' | 'alike'> {
  const [line = ''] = form.exec(text) ?? [];
  return { length: line.length, alike: bytesOf(line.replace(form, alike)) };
}

/** A text whose link is 0. */
const withLink0 = (text: string, length: number): string =>
  text.slice(0, length).replace(/^(\+WS_[A-Z]+:)\d/, '$10');

/** What the device sent in a recording, in pieces; restarts cut them. */
export function recordedPieces(lines: readonly Line[], firmware: FirmwareClass): Piece[] {
  const formats = new DataFormats(firmware);
  const reader = new PieceReader(formats);
  const pieces: Piece[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.kind === 'host') formats.wrote(line.bytes);
    else if (line.kind === 'restarted') pieces.push(...reader.flush());
    else if (line.kind === 'device') pieces.push(...reader.push(line.bytes, line.at, index));
  }
  return [...pieces, ...reader.flush()];
}
