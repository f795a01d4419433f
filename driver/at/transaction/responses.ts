import {
  isUnanswered,
  payloadWritten,
  UNPROBED,
  type Action,
  type Confirmation,
  type Phase,
  type Transaction,
} from './transaction';

// What a transaction does as lines, prompts and chunks come in.

/** Lines of information responses at most. The longest known response, to `AT+CMD?`, has some 250. */
const MAX_RESPONSE_LINES = 1000;
/**
 * Milliseconds of port idle time until the probe after a `busy p...` that answers no probe: the device may have refused
 * this command.
 */
const PROBE_WHEN_BUSY_MS = 1500;

/** A phase in which no success has come yet. */
type Awaiting = Exclude<Phase, { readonly kind: 'confirming' }>;

/** Call before the bytes of a chunk from the port are parsed. */
export function onChunk(transaction: Transaction): void {
  const { phase } = transaction;
  if (phase.kind === 'awaitingConfirmation') transaction.phase = { ...phase, hasLaterChunk: true };
}

/**
 * Takes a line without its CR LF.
 * @param idle milliseconds of port idle time since the last write of the line or the payload
 */
export function onLine(transaction: Transaction, text: string, idle: number): Action {
  // After a success in doubt, the wait for the answer to a probe begins anew.
  if (text === transaction.command.success) transaction.lastProbeIdleMs = idle;
  const { phase } = transaction;
  if (phase.kind === 'confirming') return onLineWhileConfirming(transaction, phase.by, text);
  switch (text) {
    case 'OK':
      if (phase.kind !== 'awaitingPrompt') return onSuccess(transaction, phase, text);
      if (phase.acknowledged) return unexpected(transaction, text);
      transaction.phase = { ...phase, acknowledged: true };
      return 'none';
    case 'SEND OK':
      if (phase.kind === 'awaitingPrompt') return unexpected(transaction, text);
      return onSuccess(transaction, phase, text);
    case 'ERROR':
    case 'SEND FAIL':
      // The device may have answered a probe, or noise that made it busy, instead of this command.
      if (isEarly(phase)) return unexpected(transaction, text);
      if (isUnanswered(phase.probe) || phase.busy) return unexpected(transaction, text);
      if (phase.kind === 'awaitingPrompt' && phase.acknowledged)
        return unexpected(transaction, text);
      return 'refused';
    case 'busy p...':
      return onBusy(transaction, phase, idle);
    case 'busy s...':
      // Firmware that is busy sending says this, also unasked: alone, it does not mean that the device refused bytes.
      return isUnanswered(phase.probe) ? onBusy(transaction, phase, idle) : 'none';
  }
  return onOtherLine(transaction, text);
}

/**
 * Takes the prompt: the payload is written now, also when the link has closed since the line. The device waits for
 * the bytes: without them it would take the next commands for payload. Its final result code then tells whether the
 * message was sent.
 */
export function onPrompt(transaction: Transaction): Action {
  const { phase, policy } = transaction;
  if (phase.kind !== 'awaitingPrompt') return unexpected(transaction, '>');
  transaction.phase = { kind: 'awaitingConfirmation', hasLaterChunk: false, ...UNPROBED };
  transaction.nextProbeIdleMs = policy.probeForFinalCodeMs;
  return 'writePayload';
}

/** Whether a line came in the chunk of the prompt: it is older than the payload. */
function isEarly(phase: Awaiting): boolean {
  return phase.kind === 'awaitingConfirmation' && !phase.hasLaterChunk;
}

function onLineWhileConfirming(transaction: Transaction, by: Confirmation, text: string): Action {
  const answersProbe = text === 'ERROR' || text === 'busy p...';
  if (by === 'at') {
    // Excess payload bytes, or a probe without an answer, stand in front of the AT, which gets no OK then.
    if (answersProbe) return unexpected(transaction, text);
    return text === 'OK' ? 'succeeded' : 'urc';
  }
  if (answersProbe) return 'succeeded';
  switch (text) {
    case 'OK':
    case 'SEND OK':
      if (text !== transaction.command.success) return unexpected(transaction, text);
      // The first success may have been a late one, of an earlier command: the CR of the probe and the LF after it may then
      // have become the last bytes of the payload. So the client asks again: an ERROR says that CR LF was an empty command
      // line; no answer says that the payload is corrupt, because the device answers no LF without a CR in front.
      return by === 'lineFeed' ? 'writeLf' : 'none';
    case 'SEND FAIL':
      return unexpected(transaction, text);
  }
  return onOtherLine(transaction, text);
}

function onOtherLine(transaction: Transaction, text: string): Action {
  if (text.startsWith('ERR CODE:')) {
    transaction.errorCode = text;
    return 'none';
  }
  const { informationPrefixes, line } = transaction.command;
  for (const start of informationPrefixes) {
    if (!text.startsWith(start)) continue;
    transaction.response.push(text);
    return transaction.response.length <= MAX_RESPONSE_LINES
      ? 'none'
      : unexpected(transaction, text);
  }
  return text === line ? 'echo' : 'urc';
}

/** Takes `OK` or `SEND OK`: a success, if the command ends with it and no probe casts doubt on it. */
function onSuccess(transaction: Transaction, phase: Awaiting, text: 'OK' | 'SEND OK'): Action {
  if (text !== transaction.command.success) return unexpected(transaction, text);
  if (phase.kind === 'awaitingFinalCode') {
    if (phase.probe === 'none') return 'succeeded';
    transaction.phase = { kind: 'confirming', by: 'probeAnswer' };
    return 'none';
  }
  // Busy after the payload: the device took fewer bytes than were written, so it has read another length.
  if (phase.busy || isEarly(phase)) return unexpected(transaction, text);
  switch (phase.probe) {
    case 'none':
      return 'succeeded';
    case 'unanswered':
      transaction.phase = { kind: 'confirming', by: 'lineFeed' };
      return 'writeLf';
    case 'suspect':
      transaction.phase = { kind: 'confirming', by: 'at' };
      return 'writeAt';
    case 'suspectUnanswered':
      // One probe in doubt and another unanswered: no question clears up both.
      return unexpected(transaction, text);
  }
}

function onBusy(transaction: Transaction, phase: Awaiting, idle: number): Action {
  if (isUnanswered(phase.probe)) {
    // The device is alive and at work. After a payload, `busy p...` may instead be the response to excess payload bytes.
    const probe = phase.kind === 'awaitingConfirmation' ? 'suspect' : 'none';
    transaction.phase = { ...phase, probe };
  } else {
    transaction.phase = { ...phase, busy: true };
  }
  // An unexplained `busy p...`: a probe soon finds out whether the device means this command.
  if (transaction.phase.busy && phase.kind !== 'awaitingPrompt')
    transaction.nextProbeIdleMs = Math.min(transaction.nextProbeIdleMs, idle + PROBE_WHEN_BUSY_MS);
  return 'none';
}

/** Returns the action for a line that cannot be a response to this command. */
function unexpected(transaction: Transaction, text: string): Action {
  const { phase } = transaction;
  // The device has taken other bytes as the payload than the client wrote, and has sent them.
  const corrupt =
    payloadWritten(transaction) && (text === 'SEND OK' || phase.kind === 'confirming');
  return corrupt ? 'CORRUPT_PAYLOAD' : 'UNEXPECTED_RESPONSE';
}
