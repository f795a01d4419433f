import type { Wait } from './wait';

/** Cancels a pending call; without effect once the call has happened. */
export type Cancel = () => void;

/** The driver's source of time, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since some fixed point; never runs backwards. */
  now(): number;
  /** Calls `callback` once, `ms` milliseconds from now, never in the same turn. */
  after(ms: number, callback: () => void): Cancel;
  /** Calls `callback` once, after the event loop has read the input that is there now (`setImmediate`). */
  afterInput(callback: () => void): Cancel;
}

/** Node's longest timer; it fires a longer one at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The monotonic clock of this machine. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
  afterInput(callback) {
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  },
};

/** A timer that fires later than this was blocked with its event loop. */
export const LATE_MS = 50;
/** Milliseconds of a loop that runs, in which it reads what has come meanwhile: a thread pool needs several turns. */
const GRACE_MS = 250;
/** Milliseconds before the end that are timed apart: a block that ends just before a timeout makes no timer late. */
const LAST_MS = 50;
/** A loop that is late again and again must not put off a timeout for ever. */
const MOST_GRACES = 10;

/**
 * Calls `callback` once, `ms` milliseconds from now, but not before input that is there then. An event loop that was
 * blocked runs late timers first, and reads what came meanwhile afterwards: a timeout must not fall in between.
 */
export function onTimeout(clock: Clock, ms: number, callback: () => void): Cancel {
  let cancel: Cancel;
  const waitLast = (waitMs: number, graces: number) => {
    const due = clock.now() + waitMs;
    cancel = clock.after(waitMs, () => {
      if (graces > 0 && clock.now() - due > LATE_MS) waitLast(GRACE_MS, graces - 1);
      else cancel = clock.afterInput(callback);
    });
  };
  const end = clock.now() + ms;
  if (ms <= LAST_MS) waitLast(ms, MOST_GRACES);
  else
    cancel = clock.after(ms - LAST_MS, () =>
      waitLast(Math.max(LAST_MS, end - clock.now()), MOST_GRACES),
    );
  return () => cancel();
}

/** Resolves after `ms` milliseconds. */
export async function delay(clock: Clock, ms: number, { signal }: Wait = {}): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = () => {
      cancel();
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const cancel = onTimeout(clock, ms, end);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}
