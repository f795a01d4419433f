import { EspAtError, type ErrorCode } from '../../driver/errors';
import { translateOr, type Translate } from './translate';

/**
 * What a Catch node gets. Node-RED copies `code` into `msg.error.code` and makes `msg.error.message`
 * with `toString()`, so that is the sentence alone. It has no `cause`: Node-RED would copy that too.
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

/** The sentence about an error in the user's language; English where there is none. */
export function sentenceOf(translate: Translate, error: EspAtError): string {
  const { code, details, message } = error;
  const { reason } = details;
  const values =
    typeof reason === 'string' ? { ...details, reason: reasonOf(translate, reason) } : details;
  return translateOr(translate, `errors.${code}`, message, values);
}

/** Any failure as what is given to `done()` and `node.error()`. */
export function toNodeError(translate: Translate, error: unknown): Error {
  if (error instanceof EspAtError) return new NodeError(error.code, sentenceOf(translate, error));
  return error instanceof Error ? error : new Error(String(error));
}

/** A reason inside a sentence: translated where it is a fixed text, as it is where it holds values. */
function reasonOf(translate: Translate, reason: string): string {
  const key = reason
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return key === '' ? reason : translateOr(translate, `reasons.${key}`, reason);
}
