import type { FirmwareClass } from '../device/firmware';
import { defaultDataFormat, type DataFormat } from '../websocket/data-urc';
import { bytesOf, type Line } from './recording';

/** A part of the device's output with one cause. */
export interface Piece {
  /** `response` (echo, responses, diagnostics), `link 0` …, `wifi`, `sntp`. */
  readonly cause: string;
  readonly bytes: Buffer;
  /** When its first byte came, in milliseconds. */
  readonly at: number;
  /** Index of the recorded line that holds its last byte; 0 in a replay. */
  readonly line: number;
  /** Whether the piece is the rest of a `+WS_DATA` whose beginning was matched. */
  readonly rest?: boolean;
}

/** URCs of a fixed form, by their cause. */
const urcs: readonly (readonly [cause: (link: string) => string, form: RegExp])[] = [
  [(link) => `link ${link}`, /^\+WS_(?:CONNECTED|DISCONNECTED|CLOSED):(\d)\r\n/],
  [() => 'wifi', /^WIFI (?:CONNECTED|DISCONNECT|GOT IP(?:v6 [LG]L)?)\r\n/],
  [() => 'sntp', /^\+TIME_UPDATED\r\n/],
];
/** Lines with values that differ between devices, and the placeholders that the comparison uses. */
const variableLines: readonly (readonly [form: RegExp, placeholder: string])[] = [
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
const BUSY = '\r\nbusy p...\r\n';
/** A diagnostic whose count may differ. */
export const BUSY_BYTES = bytesOf(BUSY);
/** Written by a device that has started: its settings are the default ones. */
const READY = '\r\nready\r\n';
const beginnings = [
  ...['+WS_CONNECTED:0\r\n', '+WS_DISCONNECTED:0\r\n', '+WS_CLOSED:0\r\n', '+WS_DATA:0,'],
  ...['WIFI CONNECTED\r\n', 'WIFI DISCONNECT\r\n', 'WIFI GOT IP\r\n', 'WIFI GOT IPv6 LL\r\n'],
  ...['+TIME_UPDATED\r\n', BUSY, READY],
  ...['AT version:', 'SDK version:', 'Bin version:', 'compile time(', '+CIPSNTPTIME:'],
  ...['+SYSTIMESTAMP:', '+SYSRAM:', '+CIPSTA:', '+CIPSTAMAC:', '+CIFSR:STAIP,', '+CIFSR:STAMAC,'],
];
const firstBytes = beginnings.map((text) => text.charCodeAt(0));

/** The formats of AT+WSDATAFMT, by link. */
export class DataFormats {
  readonly #firmware: FirmwareClass;
  readonly #formats = new Map<string, DataFormat>();

  constructor(firmware: FirmwareClass) {
    this.#firmware = firmware;
  }

  /** Call with the host's bytes: notes each AT+WSDATAFMT. */
  hostWrote(bytes: Buffer): void {
    // Older firmware refuses the command. The driver sends it to detect the class.
    if (this.#firmware !== 'D') return;
    const set = /^AT\+WSDATAFMT=([0-2]),([0-2]?),(\d*)\r\n/i.exec(bytes.toString('latin1'));
    if (!set) return;
    const [, link = '', level = '', mask = ''] = set;
    this.#formats.set(link, { level: Number(level), mask: Number(mask || defaultDataFormat.mask) });
  }

  /** Call when the device has started. */
  clear(): void {
    this.#formats.clear();
  }

  /**
   * Length of the `+WS_DATA` at the start of `text`; undefined while it is incomplete, `unknown` where the link's
   * format has no length.
   */
  urcLength(text: string): number | 'unknown' | undefined {
    const link = text.charAt('+WS_DATA:'.length);
    const { level, mask } = this.#formats.get(link) ?? defaultDataFormat;
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
  /** Bytes to compare instead of the device's. */
  readonly placeholder?: Buffer;
}

interface Segment {
  readonly bytes: Buffer;
  readonly at: number;
  readonly line: number;
}

/** Splits the device's output into pieces. */
export class PieceReader {
  readonly #formats: DataFormats;
  /** Bytes that may begin a URC. */
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

  /** Drops the first held bytes: they are part of a response. */
  release(length: number): void {
    this.#take(length);
  }

  /** Returns the held bytes as parts of a response. */
  flush(): Piece[] {
    return this.#takeResponse(Infinity);
  }

  #takeResponse(length: number): Piece[] {
    return this.#take(length).map((segment) => ({ cause: 'response', ...segment }));
  }

  #takeUrc({ cause, length, placeholder }: Found): Piece {
    const parts = this.#take(length);
    const bytes = placeholder ?? Buffer.concat(parts.map((part) => part.bytes));
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
      const length = this.#formats.urcLength(text);
      if (length === 'unknown') return 'none';
      return length === undefined ? 'incomplete' : { cause: `link ${text.charAt(9)}`, length };
    }
    if (variableBeginnings.test(text)) {
      const found = variableLines.find(([form]) => form.test(text));
      if (found) return { cause: 'response', ...withPlaceholder(text, found) };
      return text.includes('\r\n') ? 'none' : 'incomplete';
    }
    if (text.startsWith(BUSY)) return { cause: 'response', length: BUSY.length };
    if (text.startsWith(READY)) {
      this.#formats.clear();
      return { cause: 'response', length: READY.length };
    }
    const isBeginning = (whole: string) =>
      text.length < whole.length && withLink0(whole, text.length) === withLink0(text, text.length);
    return beginnings.some(isBeginning) ? 'incomplete' : 'none';
  }
}

function withPlaceholder(
  text: string,
  [form, placeholder]: (typeof variableLines)[number],
): Pick<Found, 'length' | 'placeholder'> {
  const [line = ''] = form.exec(text) ?? [];
  return { length: line.length, placeholder: bytesOf(line.replace(form, placeholder)) };
}

/** The beginning of a text, with link 0, which stands for all links in {@link beginnings}. */
const withLink0 = (text: string, length: number): string =>
  text.slice(0, length).replace(/(?<=^\+WS_[A-Z]+:)\d/, '0');

/** The device's output in a recording, in pieces. A restart ends a piece. */
export function recordedPieces(lines: readonly Line[], firmware: FirmwareClass): Piece[] {
  const formats = new DataFormats(firmware);
  const reader = new PieceReader(formats);
  const pieces: Piece[] = [];
  for (const [index, line] of lines.entries()) {
    if (line.kind === 'host') formats.hostWrote(line.bytes);
    else if (line.kind === 'restarted') pieces.push(...reader.flush());
    else if (line.kind === 'device') pieces.push(...reader.push(line.bytes, line.at, index));
  }
  return [...pieces, ...reader.flush()];
}
