import type { Line } from './recording';

/** Times may differ by this fraction and by so many milliseconds. */
const FRACTION = 0.2;
const CONSTANT_MS = 300;
/** WSCLOSE of an open link takes the rest of a poll, in state 3 the rest of a sleep. */
const POLL_MS = 1_000;
const SLEEP_MS = 5_000;

/** How far from its recorded time something may happen, counted from the act before it. */
export class Tolerance {
  #recorded = 0;
  #replayed = 0;
  #closing = false;

  acted(line: Line, now: number): void {
    this.#recorded = line.at;
    this.#replayed = now;
    if (line.kind === 'host' && line.bytes.length > 0) {
      this.#closing = /^AT\+WSCLOSE=/i.test(line.bytes.toString('latin1'));
    }
  }

  /** When what was recorded at `at` must have happened. */
  latest(at: number): number {
    const after = at - this.#recorded;
    return this.#replayed + after + this.#late(after);
  }

  /** Undefined when what was recorded at `at` may happen at `now`. */
  violation(at: number, now: number): { expected: number; got: number } | undefined {
    const expected = at - this.#recorded;
    const got = now - this.#replayed;
    const early = this.#closing ? Infinity : CONSTANT_MS + FRACTION * Math.abs(expected);
    if (got <= expected + this.#late(expected) && got >= expected - early) return undefined;
    return { expected: Math.round(expected), got: Math.round(got) };
  }

  /** Whether what came at `at` is so old that nothing recorded later can be it. */
  stale(at: number, now: number): boolean {
    return now - at > CONSTANT_MS + FRACTION * Math.max(0, now - this.#replayed);
  }

  #late(after: number): number {
    const usual = CONSTANT_MS + FRACTION * Math.max(0, after);
    if (!this.#closing) return usual;
    return usual + (after <= POLL_MS ? POLL_MS : SLEEP_MS);
  }
}
