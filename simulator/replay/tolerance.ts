import type { Line } from './recording';

/** How much earlier or later than recorded something may happen. @param elapsedMs time since the act before it */
export const toleranceMs = (elapsedMs: number): number => 300 + 0.2 * elapsedMs;

/** AT+WSCLOSE waits for the rest of the task's poll, in state 3 for the rest of its sleep. */
const POLL_MS = 1_000;
const SLEEP_MS = 5_000;

/** `reconnect`: may be one sleep earlier or later, because the device reconnects 10 s after the loss, sometimes 15 s. */
export type ToleranceKind = 'reconnect' | 'other';

/** Compares times with the recorded ones, counted from the act before. */
export class Tolerance {
  #recorded = 0;
  #replayed = 0;
  #closing = false;
  /** Whether the host's last command was AT+WSOPEN. */
  #opening = false;

  acted(line: Line, now: number): void {
    this.#recorded = line.at;
    this.#replayed = now;
    if (line.kind === 'host' && line.bytes.length > 0) {
      const command = line.bytes.toString('latin1');
      this.#closing = /^AT\+WSCLOSE=/i.test(command);
      this.#opening = /^AT\+WSOPEN=/i.test(command);
    }
  }

  /** The latest time for an event recorded at `at`. */
  latest(at: number, what: ToleranceKind): number {
    const after = at - this.#recorded;
    return this.#replayed + after + this.#late(after, what);
  }

  /** Undefined when an event recorded at `at` may happen at `now`. */
  violation(
    at: number,
    now: number,
    what: ToleranceKind,
  ): { expected: number; got: number } | undefined {
    const expected = at - this.#recorded;
    const got = now - this.#replayed;
    const usual = toleranceMs(Math.abs(expected));
    const early = this.#closing ? Infinity : usual + this.#reconnect(what);
    if (got <= expected + this.#late(expected, what) && got >= expected - early) return undefined;
    return { expected: Math.round(expected), got: Math.round(got) };
  }

  /** Whether an event that came at `at` is too old to match a later line. */
  stale(at: number, now: number, what: ToleranceKind): boolean {
    const usual = toleranceMs(Math.max(0, now - this.#replayed));
    return now - at > usual + this.#reconnect(what);
  }

  #reconnect(what: ToleranceKind): number {
    return what === 'reconnect' && !this.#opening ? SLEEP_MS : 0;
  }

  #late(after: number, what: ToleranceKind): number {
    const usual = toleranceMs(Math.max(0, after)) + this.#reconnect(what);
    if (!this.#closing) return usual;
    return usual + (after <= POLL_MS ? POLL_MS : SLEEP_MS);
  }
}
