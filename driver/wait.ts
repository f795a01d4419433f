/** An option of every call that takes time. */
export interface WaitOptions {
  /** Ends the wait: the call rejects with the reason of the abort. */
  readonly signal?: AbortSignal | undefined;
}

const ABORTED = Symbol('aborted');

/** Settles as the promise does; after an abort it rejects with the reason of the abort. Leaves no listener. */
export async function waitFor<T>(promise: Promise<T>, { signal }: WaitOptions): Promise<T> {
  if (!signal) return promise;
  let abort: () => void = () => undefined;
  const aborted = new Promise<typeof ABORTED>((resolve) => {
    abort = () => resolve(ABORTED);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
  });
  try {
    const result = await Promise.race([aborted, promise]);
    if (result !== ABORTED) return result;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  signal.throwIfAborted();
  throw new Error('unreachable');
}
