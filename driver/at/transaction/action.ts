import type { OutOfSyncReason } from '../types';

/** What a line, a prompt or idle time asks the client to do. */
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
  /** The final result will not be known. `corrupt`: the payload went out with other bytes than its own. */
  | { readonly kind: 'outOfSync'; readonly reason: OutOfSyncReason; readonly corrupt: boolean };

export const none: Action = { kind: 'none' };
export const urc: Action = { kind: 'urc' };
export const echo: Action = { kind: 'echo' };
export const busy: Action = { kind: 'busy' };
export const succeeded: Action = { kind: 'succeeded' };
export const refused: Action = { kind: 'refused' };
export const writePayload: Action = { kind: 'write', what: 'payload' };
export const writeCrLf: Action = { kind: 'write', what: 'CRLF' };
/** After a payload two bytes could be its last and one too many, which looks like a device at work. */
export const writeCr: Action = { kind: 'write', what: 'CR' };
export const writeLf: Action = { kind: 'write', what: 'LF' };
/** A question whose answer everything in front of it spoils. */
export const writeAt: Action = { kind: 'write', what: 'AT' };

export function outOfSync(reason: OutOfSyncReason, corrupt = false): Action {
  return { kind: 'outOfSync', reason, corrupt };
}
