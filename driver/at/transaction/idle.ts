import type { Action } from './action';
import { isUnanswered, type Transaction } from './transaction';

// What a transaction does as port idle time passes: it probes, and in the end it is out of sync.

/**
 * Milliseconds of port idle time until the probe after a `busy p...` that answers no probe: the device may have refused
 * this command.
 */
const PROBE_WHEN_BUSY_MS = 1500;
/** Milliseconds of port idle time between probes of a device that answers them: it is at work. */
const PROBE_AGAIN_MS = 10_000;
/** Milliseconds of port idle time within which the answer to a probe follows a final result code that overtook it. */
const LATE_PROBE_ANSWER_MS = 500;
/** Milliseconds beyond its timeout that a port which is never idle may delay a final result code. */
const LONGEST_FLOOD_MS = 300_000;

/**
 * Takes the idle time since the last write of the transaction, in milliseconds.
 * @param elapsed milliseconds since that write, in which the port may have been busy
 */
export function onIdle(transaction: Transaction, idle: number, elapsed: number): Action {
  const { command, phase, policy } = transaction;
  const sinceProbeMs = idle - transaction.lastProbeIdleMs;
  const timeout = timeoutOf(transaction);
  const isTooLate = elapsed > timeout + LONGEST_FLOOD_MS;
  if (phase.kind === 'confirming') {
    if (sinceProbeMs < LATE_PROBE_ANSWER_MS * policy.slowness)
      return isTooLate ? 'NO_RESPONSE' : 'none';
    // No answer to the probe: its line end has completed the command line, or the probe went out as payload.
    return command.payload ? 'CORRUPT_PAYLOAD' : 'succeeded';
  }
  if (idle >= timeout || isTooLate) return 'NO_RESPONSE';
  if (isUnanswered(phase.probe)) {
    return sinceProbeMs < policy.probeAnswerMs ? 'none' : 'NO_RESPONSE';
  }
  if (idle < transaction.nextProbeIdleMs) return 'none';
  transaction.lastProbeIdleMs = idle;
  transaction.nextProbeIdleMs = idle + PROBE_AGAIN_MS * policy.slowness;
  const probe = phase.probe === 'suspect' ? 'suspectUnanswered' : 'unanswered';
  transaction.phase = { ...phase, probe };
  return phase.kind === 'awaitingConfirmation' ? 'writeCr' : 'writeCrLf';
}

/** Milliseconds of further idle time until {@link onIdle} may have something to do. */
export function untilCheck(transaction: Transaction, idle: number): number {
  const { phase, policy, lastProbeIdleMs, nextProbeIdleMs } = transaction;
  if (phase.kind === 'confirming') return LATE_PROBE_ANSWER_MS * policy.slowness;
  if (isUnanswered(phase.probe)) return policy.probeAnswerMs - (idle - lastProbeIdleMs);
  return Math.min(timeoutOf(transaction), nextProbeIdleMs) - idle;
}

/**
 * `busy p...` came without a probe: probes soon, to find out whether the device means this command.
 * @returns milliseconds of further idle time until {@link onIdle} has something to do
 */
export function probeSoon(transaction: Transaction, idle: number): number {
  if (transaction.phase.kind === 'awaitingPrompt') return untilCheck(transaction, idle);
  const soonMs = PROBE_WHEN_BUSY_MS * transaction.policy.slowness;
  transaction.nextProbeIdleMs = Math.min(transaction.nextProbeIdleMs, idle + soonMs);
  return soonMs;
}

/**
 * Restarts the wait for the answer to a probe. Call when a line feed or a question goes out, and with 0 when the port
 * idle time counts anew.
 */
export function restartProbeWait(transaction: Transaction, idle: number): void {
  transaction.lastProbeIdleMs = idle;
}

function timeoutOf({ command, phase, policy }: Transaction): number {
  if (phase.kind === 'awaitingPrompt') return policy.promptTimeoutMs;
  return command.timeoutMs * policy.slowness;
}
