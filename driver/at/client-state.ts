import type { EspAtError } from '../errors';
import type { Command } from './command';
import type { CommandSequence } from './command-sequence';
import type { LineAccess } from './resync/line-access';
import type { Transaction } from './transaction/transaction';
import type { LinkId, OutOfSyncCause, Submission } from './types';

/** The owner of the running command; the client has one at a time. */
export type Job = CommandSequence | Submission;

/** A command that the client writes as soon as it is in sync. */
export interface Next {
  readonly command: Command;
  readonly attempt: number;
}

/** A data prompt that may be open, and the link of its payload, if any. */
export interface PendingPrompt {
  readonly link: LinkId | undefined;
}

export type ClientState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'closed'; readonly error: EspAtError }
  /** The sequence has not given its next command yet. */
  | { readonly kind: 'between'; readonly job: CommandSequence }
  | { readonly kind: 'running'; readonly job: Job; readonly transaction: Transaction }
  | {
      readonly kind: 'resyncing';
      readonly job: Job | undefined;
      readonly next?: Next | undefined;
      /** False after corrupt bytes: received bytes may come from the inside of a message. */
      readonly dataTrusted: boolean;
      readonly pendingPrompt?: PendingPrompt | undefined;
      /** The link whose peer got corrupt bytes. */
      readonly corrupt?: LinkId | undefined;
      /** Why the client resyncs, as long as it is no alarm: an ERROR is only asked about, before it counts. */
      readonly untold?: OutOfSyncCause | undefined;
      readonly controller: AbortController;
      readonly access: LineAccess;
    }
  | {
      readonly kind: 'unresponsive';
      readonly dataTrusted: boolean;
      readonly pendingPrompt?: PendingPrompt | undefined;
    };
