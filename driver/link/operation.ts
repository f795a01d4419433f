import { EspAtError } from '../errors';
import type { LinkUrc } from './state/link-state';

/** An open or a close under way. A newer one aborts it: whatever comes of it does not count any more. */
class Operation {
  /** Settles with the outcome. */
  readonly done: Promise<void>;
  readonly #controller = new AbortController();
  #resolve: () => void = () => undefined;
  #reject: (error: EspAtError) => void = () => undefined;

  constructor() {
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Nothing awaits an operation that the driver started by itself: the link's events tell of it.
    this.done.catch(() => undefined);
  }

  /** Aborted as soon as the link's state does not hold the operation any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller.abort();
  }

  /**
   * Settles as the operation does. An abort ends only the wait.
   * @throws EspAtError `ABORTED`
   */
  outcome(signal: AbortSignal | undefined): Promise<void> {
    if (!signal) return this.done;
    return new Promise((resolve, reject) => {
      const abort = () => reject(new EspAtError('ABORTED'));
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      const end = () => signal.removeEventListener('abort', abort);
      this.done.finally(end).then(resolve, reject);
    });
  }

  settle(error?: EspAtError): void {
    if (error) this.#reject(error);
    else this.#resolve();
  }

  /** Settles as the other one does. */
  join(other: Operation): void {
    other.done.then(this.#resolve, this.#reject);
  }
}

/** A way to an open connection: wait for the device, for its clock, for its turn; then the open sequence. */
export class OpenOperation extends Operation {
  /** URCs of the link since the sequence began. */
  readonly seen = new Set<LinkUrc>();
}

/** A close handshake, or `AT+WSCLOSE` alone. */
export class CloseOperation extends Operation {
  readonly #answered = new AbortController();

  /** Aborted when there is no answer to the close frame to wait for any more. */
  get answered(): AbortSignal {
    return this.#answered.signal;
  }

  /** The server has answered, or the caller is in a hurry. */
  answer(): void {
    this.#answered.abort();
  }
}
