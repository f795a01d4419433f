import { EspAtError } from '../../../driver/errors';

/**
 * Aborts the work of a node when the node ends. Each piece of work has a signal of its own: a shared one compares a new
 * listener with all that it has, and thousands of messages at once would block the event loop.
 */
export class UnderWay {
  readonly #stops = new Set<AbortController>();
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Pieces of work under way. */
  get count(): number {
    return this.#stops.size;
  }

  /** Runs work with a signal that aborts when the node ends, or has ended: a value may have come too late. */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    if (this.#ended) stop.abort(abortedError());
    this.#stops.add(stop);
    try {
      return await work(stop.signal);
    } finally {
      this.#stops.delete(stop);
    }
  }

  /** Aborts what has not begun. */
  end(): void {
    this.#ended = true;
    const reason = abortedError();
    for (const stop of this.#stops) stop.abort(reason);
  }
}

function abortedError(): EspAtError {
  return new EspAtError('ABORTED', {}, { outcome: 'not-sent' });
}
