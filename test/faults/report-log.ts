import type { LinkId } from '../../driver/at/frame';
import type { Spot } from './hit';
import { labelOf, type Label } from './message';

/** One `+WS_DATA` as the device said it. */
export interface DataReport {
  readonly link: LinkId;
  /** `+WS_DATA:…,` */
  readonly header: string;
  readonly long: boolean;
  readonly length: number;
  readonly bytes: number[];
  /** Bytes added by faults to the data, less those lost; and whether any was touched. */
  drift: number;
  touched: boolean;
}

/** A byte as the device said it. */
export interface SaidByte {
  readonly spot: Spot;
  /** Where it is in its line or header. */
  readonly index: number;
  readonly report: DataReport | undefined;
}

type Teller = (label: Label) => void;

const longHeader = /^\+WS_DATA:([0-2]),(\d+),([01]),(\d+),(\d+),$/;
const shortHeader = /^\+WS_DATA:([0-2]),(\d+),$/;

/** The fields of a `+WS_DATA` header: link, opcode, fin, payload length, length; undefined: not one. */
export function headerFields(header: string, long: boolean): readonly number[] | undefined {
  const fields = (long ? longHeader : shortHeader).exec(header);
  return fields?.slice(1).map(Number);
}

/** The device's link IDs. */
export function asLink(value: number): LinkId {
  return value === 0 ? 0 : value === 1 ? 1 : 2;
}

/**
 * Understands what the device says before anything happens to it. Only the true stream is ever given to
 * it, so that it need not recover from anything.
 */
export class ReportLog {
  /** Which links report in the long format: what `AT+WSDATAFMT` did at the device. */
  readonly long: [boolean, boolean, boolean] = [false, false, false];
  #line = '';
  #report: DataReport | undefined;
  #left = 0;
  readonly #joining: [number[], number[], number[]] = [[], [], []];
  readonly #tellers: [Teller[], Teller[], Teller[]] = [[], [], []];

  /** What each byte of a chunk is. */
  see(chunk: Buffer): SaidByte[] {
    const said: SaidByte[] = [];
    let start = 0;
    for (const byte of chunk) {
      const index = this.#line.length;
      if (this.#report) {
        said.push(this.#seeData(this.#report, byte));
        start = said.length;
        continue;
      }
      this.#line += String.fromCharCode(byte);
      const line = this.#line;
      const report = line.startsWith('+WS_DATA:') ? this.#begin(line) : undefined;
      said.push({ spot: spotOf(line), index, report });
      // Only the whole line tells what its beginning was.
      for (let at = start; at < said.length; at++) {
        const { index: place } = said[at] ?? { index: 0 };
        said[at] = { spot: spotOf(line), index: place, report };
      }
      if (report || line === '>' || line.endsWith('\r\n')) {
        this.#line = '';
        start = said.length;
      }
    }
    return said;
  }

  /** Calls back with the message that the data said last turns out to be a part of. */
  whenKnown(link: LinkId, teller: Teller): void {
    this.#tellers[link].push(teller);
  }

  /** The connection of a link is a new one. */
  forget(link: LinkId): void {
    this.#joining[link] = [];
    this.#tellers[link] = [];
  }

  /** The device restarted in the middle of whatever it said. */
  restart(): void {
    this.#line = '';
    this.#report = undefined;
    this.long.fill(false);
    for (const link of [0, 1, 2] as const) this.forget(link);
  }

  #begin(header: string): DataReport | undefined {
    const link = asLink(header.charCodeAt(9) - 48);
    const long = this.long[link];
    const fields = headerFields(header, long);
    const length = fields?.at(-1);
    if (length === undefined) return undefined;
    this.#report = { link, header, long, length, bytes: [], drift: 0, touched: false };
    this.#left = length + 2;
    return this.#report;
  }

  #seeData(report: DataReport, byte: number): SaidByte {
    this.#left--;
    if (this.#left >= 2) report.bytes.push(byte);
    else if (this.#left === 0) {
      this.#report = undefined;
      this.#finish(report);
    }
    return { spot: this.#left >= 2 ? 'data' : 'tail', index: report.bytes.length, report };
  }

  #finish({ link, bytes }: DataReport): void {
    const joining = this.#joining[link];
    for (const byte of bytes) joining.push(byte);
    const label = labelOf(Buffer.from(joining));
    if (!label) return;
    this.#joining[link] = [];
    for (const tell of this.#tellers[link].splice(0)) tell(label);
  }
}

function spotOf(line: string): Spot {
  if (line.startsWith('+WS_DATA:')) return 'header';
  return /^(?:\+WS_|WIFI|\+TIME|ready|\r\nready)/.test(line) ? 'report' : 'answer';
}
