import type { Direction } from '../../../../simulator';

/** How long after a fault the driver may still be busy with it. */
const AFTERMATH_MS = 20_000;
/** Times of two processes, and of a host that was blocked, are that far apart. */
const CLOCK_SLACK_MS = 5000;
/** How long disturbances are remembered. */
const MEMORY_MS = 600_000;

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Bytes that a fault changed. Excuses one message at most. */
interface Hit {
  readonly at: number;
  readonly direction: Direction;
  spent: boolean;
}

/** What excuses a message: faults, deploys, and changed bytes, none of which a host can detect in every case. */
export class Disturbances {
  #spans: Span[] = [];
  #hits: Hit[] = [];

  /** A fault, or a deploy. */
  add(from: number, durationMs: number): void {
    this.#spans.push({ from, to: from + durationMs + AFTERMATH_MS });
  }

  /** A fault changed bytes on the port. */
  hit(at: number, direction: Direction): void {
    this.#hits.push({ at, direction, spent: false });
  }

  /** Whether a fault or a deploy fell into this time. */
  during(from: number, to: number): boolean {
    return this.#spans.some((span) => span.from <= to + CLOCK_SLACK_MS && span.to >= from);
  }

  /** Takes a change of bytes at that time as the excuse of one message; false when there is none. */
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
