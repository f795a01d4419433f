import type { Spot } from './hit';
import { labelOf, type Label } from './message';

/** One `AT+WSSEND` from its line on. */
export interface SendExchange {
  /** As the driver wrote it. */
  readonly line: string;
  readonly at: number;
  readonly length: number;
  /** The message, once its payload was seen. */
  label: Label | undefined;
  payloadAt: number | undefined;
  /** Bytes added by faults to the payload, less those lost; and whether any was touched. */
  drift: number;
  touched: boolean;
  /** The line as it reached the device. */
  arrivedAs: string | undefined;
  /** It reached the device as another send that is as good as the one meant. */
  astray: boolean;
}

const sendLine = /^AT\+WSSEND=(\d+),(\d+)(?:,(\d+))?(?:,(\d+))?(?:,(\d+))?$/i;

/** Understands what the driver writes: every write is a line, a payload, or line ends that fill and probe. */
export class ExchangeLog {
  /** All sends so far. */
  readonly exchanges: SendExchange[] = [];
  readonly #now: () => number;
  #current: SendExchange | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The send whose line was written last, until another line is. */
  get current(): SendExchange | undefined {
    return this.#current;
  }

  /** What a write is, before anything happens to it. */
  see(bytes: Buffer): Spot {
    const text = bytes.toString('latin1');
    if (/^(?:\r\n)+$/.test(text)) return 'filler';
    const current = this.#current;
    if (current && current.payloadAt === undefined && current.length === bytes.length) {
      const label = labelOf(bytes);
      if (label || !text.startsWith('AT+')) {
        current.payloadAt = this.#now();
        current.label = label;
        return 'payload';
      }
    }
    if (!text.startsWith('AT')) return 'payload';
    const [line = ''] = text.split('\r\n');
    const fields = sendLine.exec(line);
    this.#current = fields
      ? {
          line,
          at: this.#now(),
          length: Number(fields[2]),
          label: undefined,
          payloadAt: undefined,
          drift: 0,
          touched: false,
          arrivedAs: undefined,
          astray: false,
        }
      : undefined;
    if (this.#current) this.exchanges.push(this.#current);
    return 'command';
  }
}

/** Whether two lines send equally many bytes, but not to the same link or not in the same way. */
export function sendsOtherwise(line: string, arrived: string): boolean {
  const meant = sendLine.exec(line);
  const read = sendLine.exec(arrived);
  if (!meant || !read || Number(meant[2]) !== Number(read[2])) return false;
  const traits = ([, link, , opcode = '1', , fin = '1']: readonly string[]) =>
    [link, opcode, fin].map(Number).join();
  return traits(meant) !== traits(read);
}
