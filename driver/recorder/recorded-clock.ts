import type { Cancel, Clock } from '../clock';

/** Timers that are later than this are recorded: the event loop of the host was blocked. Milliseconds. */
const MAX_LATE_MS = 10;

/** Returns a clock that calls `onLate` before a timer that fires late. */
export function recordedClock(clock: Clock, onLate: (ms: number) => void): Clock {
  return {
    now: () => clock.now(),
    after(ms: number, callback: () => void): Cancel {
      const due = clock.now() + Math.max(0, ms);
      return clock.after(ms, () => {
        const late = clock.now() - due;
        if (late > MAX_LATE_MS) onLate(late);
        callback();
      });
    },
    afterInput: (callback) => clock.afterInput(callback),
  };
}
