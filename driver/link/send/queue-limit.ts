import { EspAtError } from '../../errors';

/** A falling level crosses a quarter only this far below it: otherwise a level around a quarter would be told all the time. */
const HYSTERESIS = 1 / 16;

/** Counts and limits the messages and bytes in a queue: in the send queues of all links of a device, for example. */
export class QueueLimit {
  readonly limit: { readonly messages: number; readonly bytes: number };
  readonly #changed: (level: number) => void;
  #messages = 0;
  #bytes = 0;
  #quarter = 0;

  /** @param changed called with the fill level, 0 to 1, when it crosses a multiple of a quarter */
  constructor(
    limit: { readonly messages: number; readonly bytes: number },
    changed: (level: number) => void = () => undefined,
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

  /** Counts a message. @throws EspAtError `QUEUE_FULL`, or `INVALID_PAYLOAD` where it alone exceeds the limit */
  take(bytes: number): void {
    const max = this.limit.bytes;
    if (bytes > max) {
      const details = { reason: 'TOO_MANY_BYTES', length: bytes, max };
      throw new EspAtError('INVALID_PAYLOAD', details, { outcome: 'not-sent' });
    }
    if (!this.tryTake(bytes)) throw this.#fullError;
  }

  /** Without a stack trace, which costs more than all else: a flow may give thousands of messages at once. */
  get #fullError(): EspAtError {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    const details = { messages: this.#messages, bytes: this.#bytes };
    const error = new EspAtError('QUEUE_FULL', details, { outcome: 'not-sent' });
    Error.stackTraceLimit = stackTraceLimit;
    return error;
  }

  /** Counts a message if it fits, and returns whether it does. */
  tryTake(bytes: number): boolean {
    const { limit } = this;
    if (this.#messages >= limit.messages || this.#bytes + bytes > limit.bytes) return false;
    this.#messages++;
    this.#bytes += bytes;
    this.#check();
    return true;
  }

  /** Frees the place of a message. */
  give(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
    this.#check();
  }

  #check(): void {
    const level = Math.max(this.#messages / this.limit.messages, this.#bytes / this.limit.bytes);
    const reached = quarterOf(level);
    if (reached < this.#quarter) this.#notify(quarterOf(level + HYSTERESIS), level);
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
