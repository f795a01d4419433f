import { isReason, namingDetails } from '../../../driver/error-reasons';
import { EspAtError, type ErrorCode } from '../../../driver/errors';
import { translateOr, type Translate } from './translate';

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
  const values: Record<string, string | number> = { ...details };
  for (const name of namingDetails) {
    const key = details[name];
    if (key !== undefined) values[name] = translateOr(translate, `names.${key}`, String(key));
  }
  const { reason } = details;
  if (cause instanceof EspAtError && reason === cause.message) {
    values.reason = sentenceOf(translate, cause).replace(/[.。]$/, '');
  } else if (isReason(reason)) {
    values.reason = translateOr(translate, `reasons.${reason}`, reason, values);
  }
  return translateOr(translate, `errors.${code}`, message, values);
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
