import { EspAtError } from './errors';

/** What the messages that wait to be sent may take, for all links of a device together. */
export class Budget {
  readonly limit: { readonly messages: number; readonly bytes: number };
  readonly #changed: (level: number) => void;
  #messages = 0;
  #bytes = 0;
  #quarter = 0;

  /** @param changed told the fill level, 0 to 1, whenever it crosses a quarter */
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

  /** @throws EspAtError `QUEUE_FULL` when it does not fit: nothing ever grows beyond the limit */
  take(bytes: number): void {
    // One message always fits, however small the limit: otherwise it could never be sent at all.
    const full = this.#messages >= this.limit.messages || this.#bytes + bytes > this.limit.bytes;
    if (full && this.#messages > 0) {
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
    const quarter = Math.min(4, Math.floor(level * 4));
    if (quarter === this.#quarter) return;
    this.#quarter = quarter;
    this.#changed(Math.min(1, level));
  }
}
