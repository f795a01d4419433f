import { EspAtError } from '../errors';
import type { Command } from './command';
import { payloadWritten, type Transaction } from './transaction';
import type { LinkId, Submission } from './types';

/** How often a command is written that is idempotent, or of which nothing can have left. */
const ATTEMPTS = 3;

/** Whether a line is a final result code. */
export function isFinalResultCode(text: string): boolean {
  return text === 'OK' || text === 'ERROR' || text === 'SEND OK' || text === 'SEND FAIL';
}

/** Whether something of a message may have left: an empty one leaves with its line. */
export function mayHaveLeft(transaction: Transaction): boolean {
  const { command } = transaction;
  return payloadWritten(transaction) || (command.success === 'SEND OK' && !command.payload);
}

/**
 * Whether a command whose final result was lost may be written again: twice does the same, or nothing of it can
 * have left.
 */
export function mayRepeat(transaction: Transaction, submission: Submission | undefined): boolean {
  const { command, attempt } = transaction;
  const untouched =
    command.payload !== undefined && !payloadWritten(transaction) && !submission?.partlySent;
  return (command.idempotent || untouched) && attempt < ATTEMPTS;
}

/**
 * Whether an ERROR may have been the answer to noise in front of the command, or to a line end that came before
 * it: then the command may still be at work, or be written again. Not so when the device gave a reason, when a
 * refusal is a response like any other, or when it is the second one.
 */
export function isDoubtfulRefusal(
  transaction: Transaction,
  submission: Submission | undefined,
): boolean {
  const { command, attempt, response, errorCode } = transaction;
  if (attempt > 1 || command.refusable || payloadWritten(transaction)) return false;
  if (submission && !submission.mayContinue) return false;
  const harmless = command.idempotent || command.payload !== undefined;
  return harmless && response.length === 0 && errorCode === '';
}

/**
 * The error of a command that the device answered with ERROR.
 * @param waited milliseconds since its line, or its payload, was written
 */
export function refusalError(
  transaction: Transaction,
  submission: Submission | undefined,
  waited: number,
): EspAtError {
  const { command, response, errorCode } = transaction;
  const lines = command.secret ? [] : response;
  const said = [...lines, errorCode].filter((line) => line !== '').join(', ');
  const reason = said === '' ? '' : `: ${said}`;
  const details = { command: command.name, reason, waited: Math.round(waited) };
  if (!submission || mayHaveLeft(transaction)) return new EspAtError('COMMAND_FAILED', details);
  return new EspAtError('SEND_FAILED', { ...details, link: submission.link });
}

/** The error of a command whose final result was lost. */
export function outOfSyncError(command: Command): EspAtError {
  return new EspAtError('OUT_OF_SYNC', { command: command.name });
}

/** The error of a message of which nothing has left. */
export function notSent(error: EspAtError): EspAtError {
  return new EspAtError(error.code, error.details, { outcome: 'not-sent', cause: error });
}

/** The error of a message of which some may have left. */
export function unknown(link: LinkId, cause: EspAtError): EspAtError {
  const details = { link, reason: cause.message };
  return new EspAtError('SEND_UNKNOWN', details, { outcome: 'unknown', cause });
}
