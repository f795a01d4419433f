import type { Clock } from './clock';

/** Settles with `promise`, or after `timeoutMs` if that is sooner. Never rejects, leaves no timer. */
export function within(clock: Clock, timeoutMs: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, resolve);
    const settle = () => {
      cancel();
      resolve();
    };
    promise.then(settle, settle);
  });
}
