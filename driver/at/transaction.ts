import type { Command } from './command';
import type { TimeoutPolicy } from './timeouts';
import type { OutOfSyncReason } from './types';

/** Milliseconds of port idle time until a probe after `busy p...`, which only this command can have caused. */
const PROBE_WHEN_BUSY_MS = 1500;
/** Milliseconds of port idle time between probes of a device that answers them: it is at work. */
const PROBE_AGAIN_MS = 10_000;
/** Milliseconds of port idle time in which the answer to a probe follows a final result that overtook it. */
const LATE_PROBE_ANSWER_MS = 500;
/** Milliseconds beyond its timeout that a port which is never idle may delay a final result. */
const LONGEST_FLOOD_MS = 300_000;

/**
 * A probe is a line end. A device at work answers it with `busy p...`, an idle one with `ERROR`, an open prompt not
 * at all: it takes it for payload.
 * `suspect`: the probe may have become payload; the answer that would tell cannot be told from another's.
 */
export type Probe = 'none' | 'unanswered' | 'suspect' | 'suspectUnanswered';

/** How far a transaction has come. `busy`: `busy p...` came although no probe was out. */
export type Phase =
  /** The command has no payload: its line is written. */
  | { readonly kind: 'awaitingResult'; readonly probe: Probe; readonly busy: boolean }
  /** The line is written. `acknowledged`: the `OK` before the prompt has come. */
  | {
      readonly kind: 'awaitingPrompt';
      readonly acknowledged: boolean;
      readonly probe: Probe;
      readonly busy: boolean;
    }
  /** The payload is written. `answerable`: more has come in since; it cannot have arrived before the prompt did. */
  | {
      readonly kind: 'awaitingConfirmation';
      readonly answerable: boolean;
      readonly probe: Probe;
      readonly busy: boolean;
    }
  /** Success was read while a probe was out. It counts once it is known where the probe went. */
  | { readonly kind: 'confirming'; readonly by: 'probeAnswer' | 'lineFeed' | 'question' };

/** One command, from its line until its outcome is known. Changed only by the functions of this file. */
export interface Transaction {
  readonly command: Command;
  /** 1 for the first try. */
  readonly attempt: number;
  /** The information responses so far. */
  readonly response: string[];
  /** `ERR CODE:…` that the device gave (`AT+SYSLOG=1`), or empty. */
  errorCode: string;
  phase: Phase;
  readonly policy: TimeoutPolicy;
  /** When the line, or the payload, was written: milliseconds of the clock. */
  writtenAt: number;
  /** The idle time, in milliseconds, at which the device is probed next, and at which it was probed last. */
  probeAt: number;
  probedAt: number;
}

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

const none: Action = { kind: 'none' };
const urc: Action = { kind: 'urc' };
const echo: Action = { kind: 'echo' };
const busy: Action = { kind: 'busy' };
const succeeded: Action = { kind: 'succeeded' };
const refused: Action = { kind: 'refused' };
const writePayload: Action = { kind: 'write', what: 'payload' };
const writeCrLf: Action = { kind: 'write', what: 'CRLF' };
/** After a payload two bytes could be its last and one too many, which looks like a device at work. */
const writeCr: Action = { kind: 'write', what: 'CR' };
const writeLf: Action = { kind: 'write', what: 'LF' };
/** A question whose answer everything in front of it spoils. */
const writeAt: Action = { kind: 'write', what: 'AT' };

const awaitingResult: Phase = { kind: 'awaitingResult', probe: 'none', busy: false };
const awaitingPrompt: Phase = {
  kind: 'awaitingPrompt',
  acknowledged: false,
  probe: 'none',
  busy: false,
};
const awaitingConfirmation: Phase = {
  kind: 'awaitingConfirmation',
  answerable: false,
  probe: 'none',
  busy: false,
};

/**
 * A transaction whose line is written now.
 * @param now milliseconds of the clock
 */
export function begin(
  command: Command,
  attempt: number,
  policy: TimeoutPolicy,
  now: number,
): Transaction {
  return {
    command,
    attempt,
    response: [],
    errorCode: '',
    phase: command.payload ? awaitingPrompt : awaitingResult,
    policy,
    writtenAt: now,
    probeAt: command.payload ? Infinity : policy.probeForResultMs,
    probedAt: 0,
  };
}

/** Whether payload bytes have been written. */
export function payloadWritten({ command, phase }: Transaction): boolean {
  return (
    phase.kind === 'awaitingConfirmation' ||
    (phase.kind === 'confirming' && command.payload !== undefined)
  );
}

/** Takes the begin of a chunk from the port. */
export function onChunk(transaction: Transaction): void {
  const { phase } = transaction;
  if (phase.kind === 'awaitingConfirmation' && !phase.answerable)
    transaction.phase = { ...phase, answerable: true };
}

/** Takes a line without its CR LF. */
export function onLine(transaction: Transaction, text: string): Action {
  const { phase } = transaction;
  if (phase.kind === 'confirming') return onLineWhileConfirming(transaction, phase.by, text);
  switch (text) {
    case 'OK':
      if (phase.kind !== 'awaitingPrompt') return onSuccess(transaction, text);
      if (phase.acknowledged) return unexpected(transaction, text);
      transaction.phase = { ...phase, acknowledged: true };
      return none;
    case 'SEND OK':
      if (phase.kind === 'awaitingPrompt') return unexpected(transaction, text);
      return onSuccess(transaction, text);
    case 'ERROR':
    case 'SEND FAIL':
      // It may answer a probe, or noise that made the device busy, instead of this command.
      if (isEarly(phase)) return unexpected(transaction, text);
      if (isUnanswered(phase.probe) || phase.busy) return unexpected(transaction, text);
      if (phase.kind === 'awaitingPrompt' && phase.acknowledged)
        return unexpected(transaction, text);
      return refused;
    case 'busy p...':
      return onBusy(transaction, phase);
  }
  return onOtherLine(transaction, text);
}

/**
 * Takes the prompt: the payload is written now.
 * @param now milliseconds of the clock
 */
export function onPrompt(transaction: Transaction, now: number): Action {
  const { phase, policy } = transaction;
  if (phase.kind !== 'awaitingPrompt') return unexpected(transaction, '>');
  transaction.phase = awaitingConfirmation;
  transaction.writtenAt = now;
  transaction.probeAt = policy.probeForResultMs;
  return writePayload;
}

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

function isUnanswered(probe: Probe): boolean {
  return probe === 'unanswered' || probe === 'suspectUnanswered';
}

/** Whether a final result code came with the prompt: it is older than the payload. */
function isEarly(phase: Phase): boolean {
  return phase.kind === 'awaitingConfirmation' && !phase.answerable;
}

function onLineWhileConfirming(
  transaction: Transaction,
  by: 'probeAnswer' | 'lineFeed' | 'question',
  text: string,
): Action {
  const answersProbe = text === 'ERROR' || text === 'busy p...';
  if (by === 'question') {
    // Payload bytes too many, or a probe without an answer, stand in front of the question and spoil it.
    if (answersProbe) return unexpected(transaction, text);
    return text === 'OK' ? succeeded : urc;
  }
  if (answersProbe) return succeeded;
  switch (text) {
    case 'OK':
    case 'SEND OK':
      if (text !== transaction.command.success) return unexpected(transaction, text);
      return by === 'lineFeed' ? writeLf : none;
    case 'SEND FAIL':
      return unexpected(transaction, text);
  }
  return onOtherLine(transaction, text);
}

function onOtherLine(transaction: Transaction, text: string): Action {
  if (text.startsWith('ERR CODE:')) {
    transaction.errorCode = text;
    return none;
  }
  const { informationResponses, line } = transaction.command;
  for (const start of informationResponses) {
    if (!text.startsWith(start)) continue;
    transaction.response.push(text);
    return none;
  }
  return text === line ? echo : urc;
}

/** A final result that means success, if the command ends with it and no probe casts doubt on it. */
function onSuccess(transaction: Transaction, text: 'OK' | 'SEND OK'): Action {
  const { command, phase } = transaction;
  if (phase.kind === 'confirming' || text !== command.success) return unexpected(transaction, text);
  if (phase.kind === 'awaitingResult') {
    if (phase.probe === 'none') return succeeded;
    transaction.phase = { kind: 'confirming', by: 'probeAnswer' };
    return none;
  }
  // Busy after the payload: the device took fewer bytes than were written, so it has read another length.
  if (phase.busy || isEarly(phase)) return unexpected(transaction, text);
  switch (phase.probe) {
    case 'none':
      return succeeded;
    case 'unanswered':
      transaction.phase = { kind: 'confirming', by: 'lineFeed' };
      return writeLf;
    case 'suspect':
      transaction.phase = { kind: 'confirming', by: 'question' };
      return writeAt;
    case 'suspectUnanswered':
      // One probe in doubt and another unanswered: no question clears up both.
      return unexpected(transaction, text);
  }
}

function onBusy(
  transaction: Transaction,
  phase: Exclude<Phase, { readonly kind: 'confirming' }>,
): Action {
  if (!isUnanswered(phase.probe)) {
    transaction.phase = { ...phase, busy: true };
    return busy;
  }
  // The device is alive and at work. After a payload it may answer bytes too many instead.
  const probe = phase.kind === 'awaitingConfirmation' ? 'suspect' : 'none';
  transaction.phase = { ...phase, probe };
  return phase.busy ? busy : none;
}

/** The text cannot be the answer to this command. */
function unexpected(transaction: Transaction, text: string): Action {
  const { phase } = transaction;
  // More bytes than the device took: it has sent the message with other bytes in it.
  const corrupt =
    payloadWritten(transaction) && (text === 'SEND OK' || phase.kind === 'confirming');
  if (corrupt) return outOfSync('CORRUPT_PAYLOAD', true);
  return outOfSync('UNEXPECTED_RESPONSE');
}

function outOfSync(reason: OutOfSyncReason, corrupt = false): Action {
  return { kind: 'outOfSync', reason, corrupt };
}
