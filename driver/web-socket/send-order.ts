import { Deferred } from '../deferred';
import type { QueueLimit } from '../link/send/queue-limit';
import { bytesOfBlob, type SendData } from './send-buffer';

/** Keeps the order of messages: those behind a Blob wait until it is read. What waits counts in the device's send queue. */
export class SendOrder {
  readonly #limit: QueueLimit;
  /** Resolves once the last message that waits has entered the link's queue; undefined while none waits. */
  #lastEntry: Promise<void> | undefined;

  constructor(limit: QueueLimit) {
    this.#limit = limit;
  }

  /** Resolves once all messages have entered the link's queue. */
  get allEntered(): Promise<void> {
    return this.#lastEntry ?? Promise.resolve();
  }

  /**
   * Calls `enter`, which puts the message into the link's queue, in the order of the calls.
   * @throws EspAtError `QUEUE_FULL`, `INVALID_PAYLOAD`, and what `enter` throws
   */
  async send(
    { content, length }: Omit<SendData, 'opcode'>,
    enter: (bytes: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const before = this.#lastEntry;
    if (!before && !(content instanceof Blob)) return enter(content);
    this.#limit.take(length);
    const entry = new Deferred<void>();
    this.#lastEntry = entry.promise;
    let bytes: Uint8Array;
    try {
      await before;
      bytes = content instanceof Blob ? await bytesOfBlob(content) : content;
    } finally {
      this.#limit.give(length);
      if (this.#lastEntry === entry.promise) this.#lastEntry = undefined;
      // The message behind enters in a later microtask, after this one.
      entry.resolve();
    }
    return enter(bytes);
  }
}
