import { EspAtError, type ErrorCode } from '../../../driver/errors';
import { sentence } from './sentence';
import type { Translate } from './translate';

/**
 * What a Catch node gets. Node-RED copies `code` into `msg.error.code`, and makes `msg.error.message` with
 * `toString()`, which is therefore the sentence alone. No `cause`: Node-RED would copy it, too.
 */
export class NodeError extends Error {
  override readonly name = 'NodeError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, sentence: string) {
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
  { code, details, message, cause }: EspAtError,
): string {
  const { reason } = details;
  if (!(cause instanceof EspAtError) || reason !== cause.message) {
    return sentence(translate, code, details, message);
  }
  const inner = sentenceOf(translate, cause).replace(/[.。]$/, '');
  return sentence(translate, code, { ...details, reason: inner }, message);
}

/** Any failure as the argument of `done()` and `node.error()`. Never throws. */
export function toNodeError(translate: Translate, error: unknown): Error {
  try {
    if (error instanceof EspAtError) return new NodeError(error.code, sentenceOf(translate, error));
    return error instanceof Error ? error : new Error(String(error));
  } catch {
    // A message may hold values whose getters throw, even something without a text.
    return new Error(`a value of the message throws (${typeof error})`);
  }
}
