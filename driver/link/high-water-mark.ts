import { EspAtError } from '../errors';

/** How far below a quarter the level has to fall to count as below: a flow that feeds steadily stays near one. */
const SLACK = 1 / 16;

/** What the messages that wait to be sent may take, for all links of a device together. */
export class HighWaterMark {
  readonly limit: { readonly messages: number; readonly bytes: number };
  readonly #changed: (level: number) => void;
  #messages = 0;
  #bytes = 0;
  #quarter = 0;

  /** @param changed told the fill level, 0 to 1, when it reaches a quarter, and when it has clearly left it */
  constructor(
    limit: { readonly messages: number; readonly bytes: number },
    changed: (level: number) => void,
  ) {
    this.limit = limit;
    this.#changed = changed;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws EspAtError `QUEUE_FULL`, or `INVALID_PAYLOAD` for a message that alone is over the limit */
  take(bytes: number): void {
    const max = this.limit.bytes;
    if (bytes > max) {
      const details = { reason: 'TOO_MANY_BYTES', length: bytes, max };
      throw new EspAtError('INVALID_PAYLOAD', details, { outcome: 'not-sent' });
    }
    if (this.#messages >= this.limit.messages || this.#bytes + bytes > max) {
      throw new EspAtError(
        'QUEUE_FULL',
        { messages: this.#messages, bytes: this.#bytes },
        { outcome: 'not-sent' },
      );
    }
    this.#messages++;
    this.#bytes += bytes;
    this.#notice();
  }

  give(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
    this.#notice();
  }

  #notice(): void {
    const level = Math.max(this.#messages / this.limit.messages, this.#bytes / this.limit.bytes);
    const reached = quarterOf(level);
    if (reached < this.#quarter) this.#tell(quarterOf(level + SLACK), level);
    else this.#tell(reached, level);
  }

  #tell(quarter: number, level: number): void {
    if (quarter === this.#quarter) return;
    this.#quarter = quarter;
    this.#changed(Math.min(1, level));
  }
}

function quarterOf(level: number): number {
  return Math.min(4, Math.floor(level * 4));
}
