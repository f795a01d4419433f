import type { Clock } from '../../../driver/clock';

/** Settles with `promise`, but after `milliseconds` at the latest; never rejects, leaves no timer. */
export function within(
  clock: Clock,
  milliseconds: number,
  promise: Promise<unknown>,
): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(milliseconds, resolve);
    const settle = () => {
      cancel();
      resolve();
    };
    promise.then(settle, settle);
  });
}
