import type { LinkId } from '../../../../driver/at/types';
import type { Direction } from '../../../../simulator';

/** The driver recovers from a fault within this time. */
const AFTERMATH_MS = 15_000;
/** Delay of reports by a blocked host. */
const REPORT_SLACK_MS = 5000;
const MEMORY_MS = 600_000;

interface Span {
  readonly from: number;
  readonly to: number;
  readonly links: readonly LinkId[];
}

/** Bytes that a fault changed, or a pause of the board's process. Each excuses one message at most. */
interface Hit {
  readonly at: number;
  readonly cause: Direction | 'late';
  spent: boolean;
}

/** Faults, deploys and changed bytes. They excuse messages, because no host detects all of their effects. */
export class Disturbances {
  #faults: Span[] = [];
  #deploys: Span[] = [];
  #hits: Hit[] = [];

  fault(from: number, durationMs: number): void {
    this.#faults.push({ from, to: from + durationMs + AFTERMATH_MS, links: [0, 1, 2] });
  }

  /** @param links those whose nodes it stopped */
  deploy(from: number, to: number, links: readonly LinkId[]): void {
    this.#deploys.push({ from, to, links });
  }

  /** Adds a change of bytes on the port, or a pause of the board's process. */
  hit(at: number, cause: Hit['cause']): void {
    this.#hits.push({ at, cause, spent: false });
  }

  /** Whether a fault, or the recovery from it, overlaps this time. */
  duringFault(from: number, to: number): boolean {
    return this.#faults.some((span) => overlaps(span, from, to));
  }

  /** Whether a deploy stopped nodes of the link in this time. */
  duringDeploy(link: LinkId, from: number, to: number): boolean {
    return this.#deploys.some((span) => span.links.includes(link) && overlaps(span, from, to));
  }

  /** Spends a hit in this time as the excuse of one message; false if there is none. */
  spend(cause: Hit['cause'], from: number, to: number): boolean {
    const found = this.#hits.find(
      (hit) =>
        !hit.spent &&
        hit.cause === cause &&
        hit.at >= from - REPORT_SLACK_MS &&
        hit.at <= to + REPORT_SLACK_MS,
    );
    if (found) found.spent = true;
    return found !== undefined;
  }

  forget(now: number): void {
    this.#faults = this.#faults.filter(({ to }) => to > now - MEMORY_MS);
    this.#deploys = this.#deploys.filter(({ to }) => to > now - MEMORY_MS);
    this.#hits = this.#hits.filter(({ at }) => at > now - MEMORY_MS);
  }
}

function overlaps(span: Span, from: number, to: number): boolean {
  return span.from <= to + REPORT_SLACK_MS && span.to >= from - REPORT_SLACK_MS;
}
