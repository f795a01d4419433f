import type { EspAtError } from '../../errors';
import type { Command } from '../command';
import { CommandSequence } from '../command-sequence';
import type { PortLease } from '../port-lease';
import type { Transaction } from '../transaction/transaction';
import type { LinkId, Submission } from '../types';
import type { OutOfSyncCause } from '../events';

/** The owner of the running command; the client has one at a time. */
export type Job = CommandSequence | Submission;

/** A command that the client writes as soon as it is in sync. */
export interface NextCommand {
  readonly command: Command;
  readonly attempt: number;
}

/** How the client continues after a resync. */
export interface Continuation {
  readonly job: Job | undefined;
  readonly next?: NextCommand | undefined;
  /** False after corrupt bytes: received bytes may come from the inside of a message. */
  readonly dataTrusted: boolean;
  /** A data prompt that may be open, and the link of its payload, if any. */
  readonly pendingPrompt?: { readonly link: LinkId | undefined } | undefined;
  /** The link whose peer got corrupt bytes. */
  readonly corruptLink?: LinkId | undefined;
  /**
   * Set while the event `outOfSync` has not been emitted: the client resyncs only to find out whether an ERROR belongs
   * to its command.
   */
  readonly unannounced?: OutOfSyncCause | undefined;
}

export type ClientState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'closed'; readonly error: EspAtError }
  /** Between two commands of a sequence, or before its first one: the sequence has not given the next one yet. */
  | { readonly kind: 'between'; readonly job: CommandSequence }
  | { readonly kind: 'running'; readonly job: Job; readonly transaction: Transaction }
  | (Continuation & { readonly kind: 'resyncing'; readonly lease: PortLease })
  | ({ readonly kind: 'unresponsive' } & Pick<Continuation, 'dataTrusted' | 'pendingPrompt'>);

export type Running = Extract<ClientState, { readonly kind: 'running' }>;
export type Resyncing = Extract<ClientState, { readonly kind: 'resyncing' }>;

export function jobOf(state: ClientState): Job | undefined {
  return 'job' in state ? state.job : undefined;
}

/** The state after a command, or a resync: a sequence whose body has not ended gives the next command. */
export function stateAfter(
  job: Job | undefined,
): Extract<ClientState, { readonly kind: 'idle' | 'between' }> {
  return job instanceof CommandSequence && !job.bodyEnded
    ? { kind: 'between', job }
    : { kind: 'idle' };
}

export function submissionOf(job: Job | undefined): Submission | undefined {
  return job instanceof CommandSequence ? undefined : job;
}
