/** The time source of a simulated device. A test injects its own and need not wait. */
export interface Clock {
  /** Milliseconds since some fixed point; never runs backwards. */
  now(): number;
  /** Calls `callback` once, `delayMs` milliseconds from now, never in the same turn. Returns a function that cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}

/** Node's longest timer; it fires a longer one at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The machine's own monotonic clock. It cuts a delay of more than 24.8 days to that. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(delayMs, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
