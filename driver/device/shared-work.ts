import { waitFor, type WaitOptions } from '../wait';

interface Work<T> {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  /** Callers that wait for it. */
  waiting: number;
}

/** Work that concurrent callers share. Once all of them have aborted, it is aborted. */
export class SharedWork<T> {
  readonly #begin: (signal: AbortSignal) => Promise<T>;
  #work: Work<T> | undefined;

  constructor(begin: (signal: AbortSignal) => Promise<T>) {
    this.#begin = begin;
  }

  /** Begins the work, or joins the work under way. @throws the reason of the abort, and what the work rejects with */
  async join(wait: WaitOptions): Promise<T> {
    wait.signal?.throwIfAborted();
    const work = (this.#work ??= this.#start());
    work.waiting++;
    try {
      return await waitFor(work.promise, wait);
    } finally {
      if (--work.waiting === 0) this.#end(work);
    }
  }

  #start(): Work<T> {
    const controller = new AbortController();
    const work = { promise: this.#begin(controller.signal), controller, waiting: 0 };
    const end = () => this.#end(work);
    work.promise.then(end, end);
    return work;
  }

  #end(work: Work<T>): void {
    if (this.#work === work) this.#work = undefined;
    work.controller.abort();
  }
}
