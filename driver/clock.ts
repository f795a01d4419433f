/** Stops a pending call; harmless when it has happened already. */
export type Cancel = () => void;

/** Where the driver takes its time from, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since some fixed point; never runs backwards. */
  now(): number;
  /** Calls `callback` once, `delay` milliseconds from now, never in the same turn. */
  after(delay: number, callback: () => void): Cancel;
}

/** The machine's own monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay);
    return () => clearTimeout(timer);
  },
};
