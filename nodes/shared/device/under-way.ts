import { setMaxListeners } from 'node:events';
import { EspAtError } from '../../../driver/errors';

/** Pieces of work that share a signal, at most: a signal compares a new listener with all that it has. */
const MAX_WORK_PER_SIGNAL = 10;

/** A signal, how many pieces of work have joined it, and how many of them run. */
interface Group {
  readonly stop: AbortController;
  joined: number;
  running: number;
}

/** Aborts the work of a node when the node ends. */
export class UnderWay {
  readonly #groups = new Set<Group>();
  #latest = newGroup();
  #ended = false;
  #count = 0;

  get ended(): boolean {
    return this.#ended;
  }

  /** Pieces of work under way. */
  get count(): number {
    return this.#count;
  }

  /**
   * Runs work with a signal that aborts when the node ends. The signal is aborted already if the node has ended: a setting
   * that is read asynchronously may arrive after that.
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const group = this.#join();
    this.#count++;
    try {
      return await work(group.stop.signal);
    } finally {
      this.#count--;
      group.running--;
      if (group.running === 0) this.#groups.delete(group);
    }
  }

  /** Aborts the signals of all work. The driver ends what it has not begun to send. */
  end(): void {
    this.#ended = true;
    const reason = abortedError();
    this.#latest.stop.abort(reason);
    for (const { stop } of this.#groups) stop.abort(reason);
  }

  #join(): Group {
    if (this.#latest.joined === MAX_WORK_PER_SIGNAL) this.#latest = newGroup();
    const group = this.#latest;
    if (this.#ended) group.stop.abort(abortedError());
    group.joined++;
    group.running++;
    this.#groups.add(group);
    return group;
  }
}

function newGroup(): Group {
  const stop = new AbortController();
  // Work may add several listeners, and removes them when it ends: many are no leak.
  setMaxListeners(0, stop.signal);
  return { stop, joined: 0, running: 0 };
}

function abortedError(): EspAtError {
  return new EspAtError('ABORTED', {}, { outcome: 'not-sent' });
}
