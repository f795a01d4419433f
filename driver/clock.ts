import { Deferred } from './deferred';
import { waitFor, type WaitOptions } from './wait';

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

/** A timer that fires this much late shows that the event loop was blocked. */
export const BLOCKED_LOOP_MS = 50;
/**
 * Milliseconds in which an event loop reads, after a block, the input that came meanwhile: libuv's thread pool delivers it
 * in several turns.
 */
const GRACE_MS = 250;
/**
 * The last milliseconds of a wait have a timer of their own. A single timer would hardly be late if a long block ended
 * together with the wait, and the block would go unnoticed.
 */
const LAST_MS = 50;
/** Grace periods in a row: an event loop that blocks again and again does not put off a timeout for ever. */
const MAX_GRACE_PERIODS = 10;

/**
 * Calls `callback` once, `ms` milliseconds from now, after the event loop has read pending input. After a block an event
 * loop runs its late timers before it reads: a timeout would pass although the response is already there.
 */
export function onTimeout(clock: Clock, ms: number, callback: () => void): Cancel {
  let cancel: Cancel;
  const waitLast = (waitMs: number, gracePeriods: number) => {
    const due = clock.now() + waitMs;
    cancel = clock.after(waitMs, () => {
      if (gracePeriods > 0 && clock.now() - due > BLOCKED_LOOP_MS)
        waitLast(GRACE_MS, gracePeriods - 1);
      else cancel = clock.afterInput(callback);
    });
  };
  const end = clock.now() + ms;
  if (ms <= LAST_MS) waitLast(ms, MAX_GRACE_PERIODS);
  else
    cancel = clock.after(ms - LAST_MS, () => {
      const left = end - clock.now();
      waitLast(left < 0 ? GRACE_MS : Math.max(LAST_MS, left), MAX_GRACE_PERIODS);
    });
  return () => cancel();
}

/** Resolves after `ms` milliseconds. */
export async function delay(clock: Clock, ms: number, wait: WaitOptions = {}): Promise<void> {
  const end = new Deferred<void>();
  const cancel = onTimeout(clock, ms, () => end.resolve());
  try {
    await waitFor(end.promise, wait);
  } finally {
    cancel();
  }
}
