import {
  submissionOf,
  type Job,
  type NextCommand,
  type PendingPrompt,
  type Running,
} from '../client/client-state';
import { mayRepeat } from '../outcome';
import type { LinkId, OutOfSyncCause, Submission } from '../types';

/** How the client continues after a resync. The state `resyncing` holds it; {@link OutOfSyncCause} is the reason. */
export interface Continuation {
  readonly job: Job | undefined;
  readonly next?: NextCommand | undefined;
  readonly dataTrusted: boolean;
  readonly pendingPrompt?: PendingPrompt | undefined;
  readonly corruptLink?: LinkId | undefined;
  /** As in the state `resyncing`. */
  readonly unannounced?: OutOfSyncCause | undefined;
}

/** What is known of a lost final result code. */
export interface LostResult {
  /** Whether the device has sent the message with other bytes than its payload: the peer got a corrupt one. */
  readonly corrupt?: boolean | undefined;
  /** False where received bytes are corrupt. */
  readonly dataTrusted?: boolean;
}

/** Returns how the client continues after it loses the final result code of a transaction. */
export function afterLostResult(
  { job, transaction }: Running,
  { corrupt = false, dataTrusted = true }: LostResult = {},
): Continuation {
  const { command, attempt } = transaction;
  const submission = submissionOf(job);
  const link = submission?.link;
  const repeat = mayRepeat(transaction, submission);
  return {
    // A sequence goes on after the resync; a message only to be repeated.
    job: repeat || !submission ? job : undefined,
    ...(repeat && { next: { command, attempt: attempt + 1 } }),
    dataTrusted,
    ...(command.payload && { pendingPrompt: { link } }),
    ...(corrupt && { corruptLink: link }),
  };
}

/** Whether a message must not continue: it would follow a corrupt one, or go out on another connection. */
export function mustNotContinue(
  submission: Submission | undefined,
  corrupt: LinkId | undefined,
): boolean {
  return submission !== undefined && (!submission.connectionLives || submission.link === corrupt);
}
