import type { OutOfSyncReason } from '../types';

/** What the client does after a line, a prompt, or port idle time. */
export type Action =
  | 'none'
  /** The line does not belong to the transaction. */
  | 'urc'
  /** The command came back as typed: echo is on, which only a restart does. */
  | 'echo'
  /** `busy p...` came: {@link probeSoon}. */
  | 'busy'
  | 'writePayload'
  | 'writeCrLf'
  /**
   * Writes the probe after a payload. Should the payload lack a byte, the CR completes it; the LF of a CR LF would then be
   * a byte too many, which the device answers with `busy p...` as if it were at work.
   */
  | 'writeCr'
  | 'writeLf'
  /** Writes `AT` as a question: bytes before it in the device's line turn its OK into ERROR. */
  | 'writeAt'
  | 'succeeded'
  | 'refused'
  /** The final result code is lost. */
  | Extract<OutOfSyncReason, 'NO_RESPONSE' | 'UNEXPECTED_RESPONSE' | 'CORRUPT_PAYLOAD'>;
