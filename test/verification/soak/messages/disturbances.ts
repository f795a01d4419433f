import type { Direction } from '../../../../simulator';

/** The driver recovers from a fault or deploy within this time. */
const AFTERMATH_MS = 20_000;
/** Difference between the clocks of two processes, and delay of a blocked host. */
const CLOCK_SLACK_MS = 5000;
const MEMORY_MS = 600_000;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Bytes that a fault changed. They excuse one message at most. */
interface Hit {
  readonly at: number;
  readonly direction: Direction;
  spent: boolean;
}

/** Faults, deploys and changed bytes. They excuse messages, because no host detects all of their effects. */
export class Disturbances {
  #spans: Span[] = [];
  #hits: Hit[] = [];

  /** Adds a fault or a deploy. */
  add(from: number, durationMs: number): void {
    this.#spans.push({ from, to: from + durationMs + AFTERMATH_MS });
  }

  /** Adds a change of bytes on the port. */
  hit(at: number, direction: Direction): void {
    this.#hits.push({ at, direction, spent: false });
  }

  /** Whether a fault or a deploy overlaps this time. */
  during(from: number, to: number): boolean {
    return this.#spans.some((span) => span.from <= to + CLOCK_SLACK_MS && span.to >= from);
  }

  /** Spends a change of bytes in this time as the excuse of one message; false if there is none. */
  spend(direction: Direction, from: number, to: number): boolean {
    const found = this.#hits.find(
      (hit) =>
        !hit.spent &&
        hit.direction === direction &&
        hit.at >= from - CLOCK_SLACK_MS &&
        hit.at <= to + CLOCK_SLACK_MS,
    );
    if (found) found.spent = true;
    return found !== undefined;
  }

  forget(now: number): void {
    this.#spans = this.#spans.filter(({ to }) => to > now - MEMORY_MS);
    this.#hits = this.#hits.filter(({ at }) => at > now - MEMORY_MS);
  }
}
