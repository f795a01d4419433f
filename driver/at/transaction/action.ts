import type { OutOfSyncReason } from '../types';

/** What the client does after a line, a prompt, or port idle time. */
export type Action =
  | { readonly kind: 'none' }
  /** The line does not belong to the transaction. */
  | { readonly kind: 'urc' }
  /** The command came back as typed: echo is on, which only a restart does. */
  | { readonly kind: 'echo' }
  /** `busy p...` came: {@link probeSoon}. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'write'; readonly what: 'payload' | 'CRLF' | 'CR' | 'LF' | 'AT' }
  | { readonly kind: 'succeeded' | 'refused' }
  /** The final result code is lost. `corrupt`: the peer got a message with other bytes than the payload. */
  | { readonly kind: 'outOfSync'; readonly reason: OutOfSyncReason; readonly corrupt: boolean };

export const none: Action = { kind: 'none' };
export const urc: Action = { kind: 'urc' };
export const echo: Action = { kind: 'echo' };
export const busy: Action = { kind: 'busy' };
export const succeeded: Action = { kind: 'succeeded' };
export const refused: Action = { kind: 'refused' };
export const writePayload: Action = { kind: 'write', what: 'payload' };
export const writeCrLf: Action = { kind: 'write', what: 'CRLF' };
/**
 * The probe after a payload. Should the payload lack a byte, the CR completes it; the LF of a CR LF would then be a byte
 * too many, which the device answers with `busy p...` as if it were at work.
 */
export const writeCr: Action = { kind: 'write', what: 'CR' };
export const writeLf: Action = { kind: 'write', what: 'LF' };
/** `AT` as a question: bytes before it in the device's line turn its OK into ERROR. */
export const writeAt: Action = { kind: 'write', what: 'AT' };

export function outOfSync(reason: OutOfSyncReason, corrupt = false): Action {
  return { kind: 'outOfSync', reason, corrupt };
}
