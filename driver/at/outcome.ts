import { EspAtError } from '../errors';
import type { Command } from './command';
import { payloadWritten, type Transaction } from './transaction/transaction';
import type { LinkId, Submission } from './types';

/** Attempts of a command that the client may repeat. */
const MAX_ATTEMPTS = 3;

export function isFinalResultCode(text: string): boolean {
  return text === 'OK' || text === 'ERROR' || text === 'SEND OK' || text === 'SEND FAIL';
}

/**
 * Whether a line shows that the device has processed the bytes before it. `>` does too: a line end has completed the
 * corrupt line of a command with a payload.
 */
export function showsActivity(text: string): boolean {
  return isFinalResultCode(text) || /^busy [ps]\.\.\.$/.test(text) || text === '>';
}

/** Whether bytes of a message may have left. An empty message leaves with its line. */
export function mayHaveLeft(transaction: Transaction): boolean {
  const { command } = transaction;
  return payloadWritten(transaction) || (command.success === 'SEND OK' && !command.payload);
}

/** Whether the client may repeat a command whose final result code is lost. */
export function mayRepeat(transaction: Transaction, submission: Submission | undefined): boolean {
  const { command, attempt } = transaction;
  const nothingLeft =
    command.payload !== undefined && !payloadWritten(transaction) && !submission?.partlySent;
  return (command.idempotent || nothingLeft) && attempt < MAX_ATTEMPTS;
}

/**
 * Whether an ERROR may be the response to noise or a line end before the command: then the command may still run,
 * and the client resyncs.
 */
export function isDoubtfulRefusal(
  transaction: Transaction,
  submission: Submission | undefined,
): boolean {
  const { command, attempt, response, errorCode } = transaction;
  if (attempt > 1 || command.expectsError) return false;
  // Once the payload is written, the device has taken the line.
  if (payloadWritten(transaction)) return false;
  if (submission && !submission.connectionLives) return false;
  const isRepeatable = command.idempotent || command.payload !== undefined;
  const hasReason = response.length > 0 || errorCode !== '';
  return isRepeatable && !hasReason;
}

/**
 * Returns the error of a command that the device answered with ERROR.
 * @param waitedMs since the client wrote its line or its payload; port idle time if a flood took more than half of that
 */
export function refusalError(
  transaction: Transaction,
  submission: Submission | undefined,
  waitedMs: number,
): EspAtError {
  const { command, response, errorCode } = transaction;
  const lines = command.secret ? [] : response;
  const quoted = [...lines, errorCode].filter((line) => line !== '').join(', ');
  const reason = quoted === '' ? '' : `: ${quoted}`;
  const details = { command: command.name, reason, waitedMs: Math.round(waitedMs) };
  // `SEND_FAILED` says that nothing was sent. For a message that may have left, `PendingSend` turns
  // `COMMAND_FAILED` into `SEND_UNKNOWN`.
  if (!submission || submission.partlySent || mayHaveLeft(transaction))
    return new EspAtError('COMMAND_FAILED', details);
  return new EspAtError('SEND_FAILED', { ...details, link: submission.link });
}

/** Returns the error of a command whose response is lost or corrupt. */
export function outOfSyncError({ name }: Pick<Command, 'name'>): EspAtError {
  return new EspAtError('OUT_OF_SYNC', { command: name });
}

/** Returns the error of a message of which no byte has left. */
export function asNotSent(error: EspAtError): EspAtError {
  return new EspAtError(error.code, error.details, { outcome: 'not-sent', cause: error });
}

/** Returns the error of a message of which bytes may have left. */
export function asUnknown(link: LinkId, cause: EspAtError): EspAtError {
  const details = { link, reason: cause.message };
  return new EspAtError('SEND_UNKNOWN', details, { outcome: 'unknown', cause });
}
