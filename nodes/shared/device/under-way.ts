import { EspAtError } from '../../../driver/errors';

/** A signal compares a new listener with all that it has, and from the eleventh on Node.js warns of a leak. */
const WORK_A_SIGNAL = 10;

/** A signal, and how much work has begun with it, and runs. */
interface Group {
  readonly stop: AbortController;
  begun: number;
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

  /** Runs work with a signal that aborts when the node ends, or has ended: a value may have come too late. */
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

  /** Aborts what has not begun. */
  end(): void {
    this.#ended = true;
    const reason = abortedError();
    this.#latest.stop.abort(reason);
    for (const { stop } of this.#groups) stop.abort(reason);
  }

  #join(): Group {
    if (this.#latest.begun === WORK_A_SIGNAL) this.#latest = newGroup();
    const group = this.#latest;
    if (this.#ended) group.stop.abort(abortedError());
    group.begun++;
    group.running++;
    this.#groups.add(group);
    return group;
  }
}

function newGroup(): Group {
  return { stop: new AbortController(), begun: 0, running: 0 };
}

function abortedError(): EspAtError {
  return new EspAtError('ABORTED', {}, { outcome: 'not-sent' });
}
