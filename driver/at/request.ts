import { EspAtError } from '../errors';
import type { Response, Command } from './command';
import { Exchange } from './exchange';
import type { LinkId } from './types';

/** How often a command is said that is harmless to repeat, or that cannot have left. */
const ATTEMPTS = 3;

/** One message to be sent: one command, or one for each of its fragments. */
export interface Send {
  readonly link: LinkId;
  readonly parts: readonly Command[];
  /** Settles it: without an error when the device has confirmed every part. Called once. */
  readonly settle: (error?: EspAtError) => void;
}

/** A message in the queue. */
export interface QueuedSend extends Send {
  /** The part whose turn it is. */
  next: number;
  /** Bytes of that part's turn. */
  bytes: number;
  /** Its connection has ended: no further part may follow on the next one. */
  ended?: EspAtError;
  /** Its connection ended before any of it could leave: if the device refuses it now, it was certainly not sent. */
  unborn?: boolean;
}

/** A command at work, and who waits for it: a message, or a caller. */
export type Request = { readonly exchange: Exchange; readonly attempt: number } & (
  | { readonly send: QueuedSend }
  | {
      readonly send?: undefined;
      readonly done: (answer: Response) => void;
      readonly failed: (error: EspAtError) => void;
    }
);

/** Bytes that a command puts on the line. */
export function size(command: Command | undefined): number {
  return command ? command.line.length + (command.payload?.length ?? 0) : 0;
}

/** The same request once more, with nothing heard of it yet. */
export function renewed(request: Request): Request {
  const exchange = new Exchange(request.exchange.command);
  return { ...request, exchange, attempt: request.attempt + 1 };
}

/**
 * The error of a request that the device answered with ERROR.
 * @param waited milliseconds it took, from the last byte written
 */
export function refusal({ exchange, send }: Request, waited: number): EspAtError {
  const lines = exchange.command.secret ? [] : exchange.lines;
  const said = [...lines, exchange.reason].filter((line) => line !== '').join(', ');
  const reason = said === '' ? '' : `: ${said}`;
  const details = { command: exchange.command.name, reason, waited: Math.round(waited) };
  if (!send || exchange.mayHaveLeft) return new EspAtError('COMMAND_FAILED', details);
  return new EspAtError('SEND_FAILED', { ...details, link: send.link });
}

/**
 * Whether an ERROR may have been the answer to noise in front of the command, or to a line end that came
 * before it: then the command may still be at work, or be said again. Not so when the device gave a reason,
 * when a refusal is an answer like any other, or when it is the second one.
 */
export function isDoubtful({ exchange, attempt, send }: Request): boolean {
  const { command, lines, reason, payloadWritten } = exchange;
  if (attempt > 1 || command.refusable || payloadWritten || send?.ended) return false;
  const harmless = command.idempotent || command.payload !== undefined;
  return harmless && lines.length === 0 && reason === '';
}

/** Whether a request whose answer was lost may be said again: twice does the same, or nothing of it can have left. */
export function mayBeSaidAgain({ exchange, attempt, send }: Request): boolean {
  const { command, payloadWritten } = exchange;
  const untouched = command.payload !== undefined && !payloadWritten && !send?.next;
  return (command.idempotent || untouched) && attempt < ATTEMPTS;
}

/** The error of a request whose answer was lost. */
export function lost({ exchange }: Request): EspAtError {
  return new EspAtError('OUT_OF_STEP', { command: exchange.command.name });
}

/** Nothing of the message has left. */
export function notSent(error: EspAtError): EspAtError {
  return new EspAtError(error.code, error.details, { outcome: 'not-sent', cause: error });
}

/** Some of the message may have left. */
export function unknown(link: LinkId, cause: EspAtError): EspAtError {
  const details = { link, reason: cause.message };
  return new EspAtError('SEND_UNKNOWN', details, { outcome: 'unknown', cause });
}

/** Whether a line is a final result. */
export function isResult(text: string): boolean {
  return text === 'OK' || text === 'ERROR' || text === 'SEND OK' || text === 'SEND FAIL';
}
