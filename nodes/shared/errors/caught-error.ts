import { isFlowError, type FlowError, type FlowErrorCode } from './node-error';
import { sentence } from './sentence';
import type { Translate } from '../message/translate';

/**
 * What a Catch node gets. Node-RED copies `code` into `msg.error.code`, and makes `msg.error.message` with
 * `toString()`, which is therefore the sentence alone. No `cause`: Node-RED would copy it, too.
 */
export class CaughtError extends Error {
  override readonly name = 'CaughtError';
  readonly code: FlowErrorCode;

  constructor(code: FlowErrorCode, sentence: string) {
    super(sentence);
    this.code = code;
  }

  override toString(): string {
    return this.message;
  }
}

/** The sentence about an error in the user's language; English where the catalog has none. */
export function sentenceOf(
  translate: Translate,
  { code, details, message, cause }: FlowError,
): string {
  const { reason } = details;
  if (!isFlowError(cause) || reason !== cause.message) {
    return sentence(translate, code, details, message);
  }
  const inner = sentenceOf(translate, cause).replace(/[.。]$/, '');
  return sentence(translate, code, { ...details, reason: inner }, message);
}

/** Any failure as the argument of `done()` and `node.error()`. Never throws. */
export function toCaughtError(translate: Translate, error: unknown): Error {
  try {
    if (isFlowError(error)) return new CaughtError(error.code, sentenceOf(translate, error));
    return error instanceof Error ? error : new Error(String(error));
  } catch {
    // A message may hold values whose getters throw, even something without a text.
    return new Error(`a value of the message throws (${typeof error})`);
  }
}
