/** Stops a pending call; harmless when it has happened already. */
export type Cancel = () => void;

/** Where the driver takes its time from, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since some fixed point; never runs backwards. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now, never in the same turn. */
  after(delay: number, callback: () => void): Cancel;
}

/** Milliseconds that a timer of Node can count; a longer one would end at once. */
const LONGEST = 2 ** 31 - 1;

/** The machine's own monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, Math.min(delay, LONGEST));
    return () => clearTimeout(timer);
  },
};
