import { Deferred } from '../deferred';
import type { EspAtError } from '../errors';
import type { LinkUrc } from '../at/urc';

/** An open or a close under way. A newer operation aborts it; its result then no longer counts. */
export class Operation {
  readonly #outcome = new Deferred<void>();
  readonly #controller = new AbortController();

  constructor() {
    // No call awaits an operation that the driver itself began.
    this.done.catch(() => undefined);
  }

  /** Settles with the outcome. */
  get done(): Promise<void> {
    return this.#outcome.promise;
  }

  /** Aborted as soon as the link's state no longer holds the operation. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller.abort();
  }

  settle(error?: EspAtError): void {
    if (error) this.#outcome.reject(error);
    else this.#outcome.resolve();
  }

  /** Settles as the other operation does. */
  join(other: Operation): void {
    other.done.then(this.#outcome.resolve, this.#outcome.reject);
  }
}

/** An open under way. */
export class OpenOperation extends Operation {
  /** URCs of the link since the open sequence began. */
  readonly seen = new Set<LinkUrc>();
}

/** A close handshake, or `AT+WSCLOSE` alone. */
export class CloseOperation extends Operation {
  readonly #waitEnded = new AbortController();

  /** Ends early what comes before `AT+WSCLOSE`: the wait for the server's close frame, or the delay after a failure. */
  get waitEnded(): AbortSignal {
    return this.#waitEnded.signal;
  }

  endWait(): void {
    this.#waitEnded.abort();
  }
}
