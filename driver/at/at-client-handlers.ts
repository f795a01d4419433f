import type { DataFrame, LinkId } from './types';
import type { RecoveryStep } from './recovery';
import type { Urc } from './urc';

/** What the session tells its device. None of these may throw. */
export interface AtClientHandlers {
  urc(report: Urc): void;
  data(frame: DataFrame): void;
  /** A line nobody knows. */
  unknownLine(text: string): void;
  /** Whether a line nobody knows may be what is left of damaged data. */
  suspects(text: string): boolean;
  /** The device echoes although it was told not to: it has restarted unnoticed. */
  restartSuspected(): void;
  /** Something received may have been lost or damaged; which link's, nobody knows. */
  dataLost(): void;
  outOfSync(reason: string): void;
  resyncStep(step: RecoveryStep): void;
  inSync(): void;
  /** A data prompt of this link was filled up with line ends: its peer got a damaged message. */
  filled(link: LinkId): void;
  /** No mild means helps any more; the session takes nothing until it is reset. */
  unresponsive(): void;
}
