import { none, outOfSync, succeeded, writeCr, writeCrLf, type Action } from './action';
import { isUnanswered, type Transaction } from './transaction';

// What time asks of a transaction.

/** Milliseconds of port idle time until a probe after `busy p...`, which only this command can have caused. */
const PROBE_WHEN_BUSY_MS = 1500;
/** Milliseconds of port idle time between probes of a device that answers them: it is at work. */
const PROBE_AGAIN_MS = 10_000;
/** Milliseconds of port idle time in which the answer to a probe follows a final result that overtook it. */
const LATE_PROBE_ANSWER_MS = 500;
/** Milliseconds beyond its timeout that a port which is never idle may delay a final result. */
const LONGEST_FLOOD_MS = 300_000;

/**
 * Takes the idle time since the last write of the transaction, in milliseconds.
 * @param now milliseconds of the clock
 */
export function onIdle(transaction: Transaction, idle: number, now: number): Action {
  const { command, phase, policy } = transaction;
  const unanswered = idle - transaction.probedAt;
  if (phase.kind === 'confirming') {
    if (unanswered < LATE_PROBE_ANSWER_MS * policy.slowness) return none;
    // The device has not answered the probe: it has completed the command line, or it went out as payload.
    if (!command.payload) return succeeded;
    return outOfSync('CORRUPT_PAYLOAD', true);
  }
  const timeout = timeoutOf(transaction);
  if (idle >= timeout || now - transaction.writtenAt > timeout + LONGEST_FLOOD_MS)
    return outOfSync('NO_RESPONSE');
  if (isUnanswered(phase.probe)) {
    if (unanswered < policy.probeAnswerMs) return none;
    return outOfSync('NO_RESPONSE');
  }
  if (idle < transaction.probeAt) return none;
  transaction.probedAt = idle;
  transaction.probeAt = idle + PROBE_AGAIN_MS * policy.slowness;
  const probe = phase.probe === 'suspect' ? 'suspectUnanswered' : 'unanswered';
  transaction.phase = { ...phase, probe };
  return phase.kind === 'awaitingConfirmation' ? writeCr : writeCrLf;
}

/** Milliseconds of further idle time until {@link onIdle} may have something to do. */
export function untilCheck(transaction: Transaction, idle: number): number {
  const { phase, policy, probedAt, probeAt } = transaction;
  if (phase.kind === 'confirming') return LATE_PROBE_ANSWER_MS * policy.slowness;
  if (isUnanswered(phase.probe)) return policy.probeAnswerMs - (idle - probedAt);
  return Math.min(timeoutOf(transaction), probeAt) - idle;
}

/** Bytes went out after idle time on a port that is slow: what was measured before does not count. */
export function restartIdle(transaction: Transaction): void {
  transaction.probedAt = 0;
}

/**
 * `busy p...` came without a probe: whether the device means this command is found out soon.
 * @returns milliseconds of further idle time until {@link onIdle} has something to do
 */
export function probeSoon(transaction: Transaction, idle: number): number {
  if (transaction.phase.kind === 'awaitingPrompt') return untilCheck(transaction, idle);
  const soonMs = PROBE_WHEN_BUSY_MS * transaction.policy.slowness;
  transaction.probeAt = Math.min(transaction.probeAt, idle + soonMs);
  return soonMs;
}

/** A line feed or a question was written that has to be answered soon. */
export function confirmFrom(transaction: Transaction, idle: number): void {
  transaction.probedAt = idle;
}

function timeoutOf({ command, phase, policy }: Transaction): number {
  if (phase.kind === 'awaitingPrompt') return policy.promptTimeoutMs;
  return command.timeoutMs * policy.slowness;
}
