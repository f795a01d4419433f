import type { DataFrame, LinkId } from './frame';
import type { RecoveryStep } from './recovery';
import type { Report } from './reports';

/** What the session tells its device. None of these may throw. */
export interface SessionHandlers {
  report(report: Report): void;
  data(frame: DataFrame): void;
  /** A line nobody knows. */
  unknown(text: string): void;
  /** Whether a line nobody knows may be what is left of damaged data. */
  suspects(text: string): boolean;
  /** The device echoes although it was told not to: it has restarted unnoticed. */
  echoed(): void;
  /** Something received may have been lost or damaged; which link's, nobody knows. */
  gap(): void;
  outOfStep(reason: string): void;
  recovery(step: RecoveryStep): void;
  recovered(): void;
  /** A data prompt of this link was filled up with line ends: its peer got a damaged message. */
  filled(link: LinkId): void;
  /** No mild means helps any more; the session takes nothing until it is reset. */
  dead(): void;
}
