/** Bytes before the latest that the stream keeps: more than the longest data, and what a late fault looks back on. */
const KEPT_BYTES = 20_000;

const LINE_END = '\r\n';

/** The long and the short format. Data of the short format may look like the rest of a long header. */
const dataHeaders = [/^\+WS_DATA:\d,\d+,\d,\d+,(\d+),/, /^\+WS_DATA:\d,(\d+),/];

/** The header of a `+WS_DATA`, with the length of its data. */
export interface DataHeader {
  readonly header: string;
  readonly length: number;
}

/** The headers that a `+WS_DATA` may have: in the long format, in the short format. */
export function headersOf(urc: string): DataHeader[] {
  return dataHeaders.flatMap((format) => {
    const [header, digits] = format.exec(urc) ?? [];
    return header === undefined ? [] : [{ header, length: Number(digits) }];
  });
}

/** Received data that has lost bytes. */
interface ShortData {
  readonly header: string;
  /** Length of the data, without its line end. */
  readonly length: number;
  /** The earliest position at which the header can begin. */
  readonly from: number;
  readonly found: (swallowed: string) => void;
}

/**
 * The bytes that reach the host. Finds data that lost bytes, and whose host takes those behind it for its rest and finds a
 * line end where it expects one.
 */
export class ReceivedStream {
  /** The latest bytes, as Latin-1. */
  #text = '';
  /** Position of that text: count of bytes before it. */
  #start = 0;
  #short: ShortData[] = [];

  /**
   * Call when data loses its first byte.
   * @param passed bytes of the data's write that may have arrived
   * @param found called with the bytes that the host takes for the rest of the data and its line end
   */
  watch(header: string, length: number, passed: number, found: ShortData['found']): void {
    const from = Math.max(this.#start, this.#start + this.#text.length - passed);
    this.#short.push({ header, length, from, found });
  }

  /**
   * Call when the device stops within its output. Watches the data that has begun, and whose rest is missing.
   * @param found called with the header, the bytes of the data that arrived, and those that the host takes for its rest
   */
  cut(found: (header: string, arrived: string, taken: string) => void): void {
    const at = this.#text.lastIndexOf('+WS_DATA:');
    const arrived = this.#text.slice(at);
    const data = at < 0 ? [] : headersOf(arrived);
    for (const { header, length } of data) {
      const begun = arrived.length - header.length;
      if (begun >= length + LINE_END.length) continue;
      this.#short.push({
        header,
        length,
        from: this.#start + at,
        found: (taken) => found(header, taken.slice(0, begun), taken.slice(begun)),
      });
    }
  }

  /** The host receives bytes. */
  received(bytes: Buffer): void {
    this.#text += bytes.toString('latin1');
    this.#short = this.#short.filter((data) => !this.#isDecided(data));
    const surplus = this.#text.length - KEPT_BYTES;
    if (surplus < KEPT_BYTES) return;
    this.#text = this.#text.slice(surplus);
    this.#start += surplus;
  }

  #isDecided({ header, length, from, found }: ShortData): boolean {
    if (from < this.#start) return true;
    const at = this.#text.indexOf(header, from - this.#start);
    if (at < 0) return false;
    const end = at + header.length + length;
    if (this.#text.length < end + LINE_END.length) return false;
    if (this.#text.startsWith(LINE_END, end))
      found(this.#text.slice(at + header.length, end + LINE_END.length));
    return true;
  }
}
