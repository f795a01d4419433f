import { isUnanswered, type Action, type Transaction } from './transaction';

// What a transaction does as port idle time passes: it probes, and in the end it is out of sync.

/** Milliseconds of port idle time between probes of a device that answers them: it is at work. */
const PROBE_AGAIN_MS = 10_000;
/** Milliseconds of port idle time, from a success in doubt, within which the answer to a probe comes. */
const LATE_PROBE_ANSWER_MS = 500;
/** Milliseconds beyond its timeout that a port which is never idle may delay a final result code. */
const LONGEST_FLOOD_MS = 300_000;

/**
 * Takes the idle time since the last write of the line or the payload, in milliseconds. A probe does not restart it.
 * @param elapsed milliseconds since that write, in which the port may have been busy
 * @param slowness by which both are divided
 */
export function onIdle(
  transaction: Transaction,
  idle: number,
  elapsed: number,
  slowness: number,
): Action {
  const { command, phase, policy } = transaction;
  const sinceProbeMs = idle - transaction.lastProbeIdleMs;
  const timeout = timeoutOf(transaction);
  const isTooLate = elapsed > timeout + LONGEST_FLOOD_MS / slowness;
  if (phase.kind === 'confirming') {
    if (sinceProbeMs < LATE_PROBE_ANSWER_MS) return isTooLate ? 'NO_RESPONSE' : 'none';
    // The probe got no answer of its own: its CR LF has replaced the lost line end of a command without a payload, or it
    // has become payload.
    return command.payload ? 'CORRUPT_PAYLOAD' : 'succeeded';
  }
  if (idle >= timeout || isTooLate) return 'NO_RESPONSE';
  if (isUnanswered(phase.probe)) {
    return sinceProbeMs < policy.probeAnswerMs ? 'none' : 'NO_RESPONSE';
  }
  if (idle < transaction.nextProbeIdleMs) return 'none';
  transaction.lastProbeIdleMs = idle;
  transaction.nextProbeIdleMs = idle + PROBE_AGAIN_MS;
  const probe = phase.probe === 'suspect' ? 'suspectUnanswered' : 'unanswered';
  transaction.phase = { ...phase, probe };
  return phase.kind === 'awaitingConfirmation' ? 'writeCr' : 'writeCrLf';
}

/** Milliseconds of further idle time until {@link onIdle} may have something to do. */
export function untilCheck(transaction: Transaction, idle: number): number {
  const { phase, policy, lastProbeIdleMs, nextProbeIdleMs } = transaction;
  const sinceProbeMs = idle - lastProbeIdleMs;
  if (phase.kind === 'confirming') return LATE_PROBE_ANSWER_MS - sinceProbeMs;
  if (isUnanswered(phase.probe)) return policy.probeAnswerMs - sinceProbeMs;
  return Math.min(timeoutOf(transaction), nextProbeIdleMs) - idle;
}

/** Call when the port idle time counts anew: the wait for the answer to a probe begins again. */
export function restartProbeWait(transaction: Transaction): void {
  transaction.lastProbeIdleMs = 0;
}

function timeoutOf({ command, phase, policy }: Transaction): number {
  if (phase.kind === 'awaitingPrompt') return policy.promptTimeoutMs;
  return command.timeoutMs;
}
