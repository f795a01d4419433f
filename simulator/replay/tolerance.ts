import type { Line } from './recording';

/** Times may differ by this fraction and by so many milliseconds. */
const FRACTION = 0.2;
const CONSTANT_MS = 300;
/** WSCLOSE of an open link takes the rest of a poll, in state 3 the rest of a sleep. */
const POLL_MS = 1_000;
const SLEEP_MS = 5_000;

/** An automatic reconnect comes 10 s after the loss, now and then 15 s. */
export type Timed = 'reconnect' | 'other';

/** How far from its recorded time something may happen, counted from the act before it. */
export class Tolerance {
  #recorded = 0;
  #replayed = 0;
  #closing = false;
  /** The host has asked for a connection itself. */
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

  /** When what was recorded at `at` must have happened. */
  latest(at: number, what: Timed): number {
    const after = at - this.#recorded;
    return this.#replayed + after + this.#late(after, what);
  }

  /** Undefined when what was recorded at `at` may happen at `now`. */
  violation(at: number, now: number, what: Timed): { expected: number; got: number } | undefined {
    const expected = at - this.#recorded;
    const got = now - this.#replayed;
    const usual = CONSTANT_MS + FRACTION * Math.abs(expected);
    const early = this.#closing ? Infinity : usual + this.#reconnect(what);
    if (got <= expected + this.#late(expected, what) && got >= expected - early) return undefined;
    return { expected: Math.round(expected), got: Math.round(got) };
  }

  /** Whether what came at `at` is so old that nothing recorded later can be it. */
  stale(at: number, now: number, what: Timed): boolean {
    const usual = CONSTANT_MS + FRACTION * Math.max(0, now - this.#replayed);
    return now - at > usual + this.#reconnect(what);
  }

  #reconnect(what: Timed): number {
    return what === 'reconnect' && !this.#opening ? SLEEP_MS : 0;
  }

  #late(after: number, what: Timed): number {
    const usual = CONSTANT_MS + FRACTION * Math.max(0, after) + this.#reconnect(what);
    if (!this.#closing) return usual;
    return usual + (after <= POLL_MS ? POLL_MS : SLEEP_MS);
  }
}
