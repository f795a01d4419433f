import { EspAtError, type ErrorCode } from '../../../driver/errors';
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
  const values: Record<string, string | number> = { ...details };
  for (const name of ['reason', 'material', 'setting', 'field']) {
    const value = details[name];
    if (typeof value === 'string') values[name] = wordsOf(translate, value, error.cause);
  }
  return translateOr(translate, `errors.${code}`, message, values);
}

/** Any failure as what is given to `done()` and `node.error()`. */
export function toNodeError(translate: Translate, error: unknown): Error {
  if (error instanceof EspAtError) return new NodeError(error.code, sentenceOf(translate, error));
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * Words inside a sentence: another error's sentence, or translated where they are fixed, or as they are
 * where they hold values.
 */
function wordsOf(translate: Translate, words: string, cause: unknown): string {
  if (cause instanceof EspAtError && words === cause.message) {
    return sentenceOf(translate, cause).replace(/[.。]$/, '');
  }
  const key = wordsKey(words);
  return key === '' ? words : translateOr(translate, `words.${key}`, words);
}

/** Under which key of a catalog the translation of fixed words stands. */
export function wordsKey(words: string): string {
  return words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
