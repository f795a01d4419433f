import { EspAtError } from '../../errors';

/** Hysteresis below each quarter: a steady flow may move up and down around one. */
const SLACK = 1 / 16;

/** Limits the messages and bytes in the send queues of all links of a device. */
export class QueueLimit {
  readonly limit: { readonly messages: number; readonly bytes: number };
  readonly #changed: (level: number) => void;
  #messages = 0;
  #bytes = 0;
  #quarter = 0;

  /** @param changed called with the fill level, 0 to 1, when it reaches or leaves a quarter */
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

  /** @throws EspAtError `QUEUE_FULL`, or `INVALID_PAYLOAD` where the message alone exceeds the limit */
  take(bytes: number): void {
    const max = this.limit.bytes;
    if (bytes > max) {
      const details = { reason: 'TOO_MANY_BYTES', length: bytes, max };
      throw new EspAtError('INVALID_PAYLOAD', details, { outcome: 'not-sent' });
    }
    if (!this.tryTake(bytes)) {
      throw new EspAtError(
        'QUEUE_FULL',
        { messages: this.#messages, bytes: this.#bytes },
        { outcome: 'not-sent' },
      );
    }
  }

  /** Returns whether the message fits, and counts it then. */
  tryTake(bytes: number): boolean {
    const { limit } = this;
    if (this.#messages >= limit.messages || this.#bytes + bytes > limit.bytes) return false;
    this.#messages++;
    this.#bytes += bytes;
    this.#check();
    return true;
  }

  give(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
    this.#check();
  }

  #check(): void {
    const level = Math.max(this.#messages / this.limit.messages, this.#bytes / this.limit.bytes);
    const reached = quarterOf(level);
    if (reached < this.#quarter) this.#notify(quarterOf(level + SLACK), level);
    else this.#notify(reached, level);
  }

  #notify(quarter: number, level: number): void {
    if (quarter === this.#quarter) return;
    this.#quarter = quarter;
    this.#changed(Math.min(1, level));
  }
}

function quarterOf(level: number): number {
  return Math.min(4, Math.floor(level * 4));
}
