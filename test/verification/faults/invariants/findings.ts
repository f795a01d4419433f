import { Counts } from '../../counts';
import type { InEntry, OutEntry } from '../../message-log';
import type { Undetectable } from './undetectable';

/** A violated invariant. */
export interface Violation {
  /** Its subject. Undetectable changes excuse violations about a `message`, and no others. */
  readonly about: 'message' | 'promise' | 'device';
  readonly text: string;
}

/** What the checks of a run found. */
export class Findings {
  readonly violations: Violation[] = [];
  /** Counts of undetectable changes, by kind. */
  readonly undetectable = new Counts<Undetectable>();
  /** Messages that an unmatched arrival was attributed to. */
  readonly attributed = new Set<OutEntry | InEntry>();

  violate(about: Violation['about'], text: string): void {
    this.violations.push({ about, text });
  }

  countUndetectable(entry: OutEntry | InEntry): void {
    const [kind] = entry.undetectable;
    if (kind) this.undetectable.add(kind);
  }
}
