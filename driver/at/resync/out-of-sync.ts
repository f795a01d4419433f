import type { Command } from '../command';
import { CommandSequence } from '../command-sequence';
import type { ClientState, Job, Next, PendingPrompt } from '../client-state';
import { mayRepeat } from '../outcome';
import type { LinkId, OutOfSyncCause, Submission } from '../types';

export type Running = Extract<ClientState, { readonly kind: 'running' }>;
export type Resyncing = Extract<ClientState, { readonly kind: 'resyncing' }>;

/** Why the client resyncs, and how it continues afterwards. */
export interface OutOfSync {
  readonly job: Job | undefined;
  readonly next?: Next | undefined;
  readonly dataTrusted: boolean;
  readonly pendingPrompt?: PendingPrompt | undefined;
  readonly corrupt?: LinkId | undefined;
  /** See the state `resyncing`. */
  readonly untold?: OutOfSyncCause | undefined;
}

export function jobOf(state: ClientState): Job | undefined {
  return 'job' in state ? state.job : undefined;
}

export function submissionOf(job: Job | undefined): Submission | undefined {
  return job instanceof CommandSequence ? undefined : job;
}

export function sizeOf({ line, payload }: Command): number {
  return line.length + (payload?.length ?? 0);
}

/** Whether a data prompt may be pending. */
export function hasPendingPrompt(state: ClientState): boolean {
  if (state.kind === 'running') return state.transaction.command.payload !== undefined;
  return 'pendingPrompt' in state && state.pendingPrompt !== undefined;
}

/** What is known of a lost final result code. */
export interface Loss {
  readonly corrupt?: boolean | undefined;
  readonly dataTrusted?: boolean;
}

/** Returns how the client continues after it loses the final result code of a transaction. */
export function afterLostResult(
  { job, transaction }: Running,
  { corrupt = false, dataTrusted = true }: Loss = {},
): OutOfSync {
  const { command, attempt } = transaction;
  const submission = submissionOf(job);
  const link = submission?.link;
  const repeat = mayRepeat(transaction, submission);
  return {
    job: repeat || !submission ? job : undefined,
    ...(repeat && { next: { command, attempt: attempt + 1 } }),
    dataTrusted,
    ...(command.payload && { pendingPrompt: { link } }),
    ...(corrupt && { corrupt: link }),
  };
}

/** Whether a message must not continue: it would follow a corrupt one, or go out on another connection. */
export function isLost(submission: Submission | undefined, corrupt: LinkId | undefined): boolean {
  return submission !== undefined && (!submission.mayContinue || submission.link === corrupt);
}
