import { Deferred } from './deferred';

/** An option of every call that takes time. */
export interface WaitOptions {
  /** Ends the wait: the call rejects with the reason of the abort. */
  readonly signal?: AbortSignal | undefined;
}

/** Settles as the promise does; after an abort it rejects with the reason of the abort. Leaves no listener. */
export async function waitFor<T>(promise: Promise<T>, { signal }: WaitOptions): Promise<T> {
  if (!signal) return promise;
  const aborted = new Deferred<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort);
  if (signal.aborted) abort();
  try {
    return await Promise.race([aborted.promise, promise]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
