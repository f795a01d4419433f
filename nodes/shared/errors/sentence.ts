import type { ErrorDetails } from '../../../driver/errors';
import { NAMED_DETAILS } from '../../../driver/error-reasons';
import { translateOr, type Translate } from '../message/translate';

/** An error as its sentence needs it: of the driver or the nodes, or a copy that the runtime sent to the editor. */
export interface CodedError {
  readonly code: string;
  readonly details: ErrorDetails;
  /** What to say where the catalog has no sentence. */
  readonly message: string;
  readonly cause?: unknown;
}

/** The sentence about an error in the language of the catalog. */
export function sentenceOf(
  translate: Translate,
  { code, details, message, cause }: CodedError,
): string {
  // A reason that quotes the cause becomes the sentence about the cause.
  if (!isCoded(cause) || details.reason !== cause.message) {
    return sentence(translate, code, details, message);
  }
  const reason = sentenceOf(translate, cause).replace(/[.。]$/, '');
  return sentence(translate, code, { ...details, reason }, message);
}

/** The sentence about a finding of the doctor; many are errors. */
export function findingSentence(
  translate: Translate,
  { code, details, message }: CodedError,
): string {
  const fallback = sentence(translate, code, details, message);
  return translateOr(translate, `doctor.${code}`, fallback, details);
}

/** The sentence about an error or a refused setting in the user's language; `fallback` where the catalog has none. */
export function sentence(
  translate: Translate,
  code: string,
  details: ErrorDetails,
  fallback: string = code,
): string {
  const values: Record<string, string | number> = { ...details };
  for (const name of [...NAMED_DETAILS, 'field']) {
    const key = details[name];
    if (key !== undefined) values[name] = translateOr(translate, `names.${key}`, String(key));
  }
  const { reason } = details;
  // A reason of the device or the operating system is a text of its own.
  if (typeof reason === 'string' && /^[A-Z][A-Z_]+$/.test(reason)) {
    values.reason = translateOr(translate, `reasons.${reason}`, reason, values);
  }
  return translateOr(translate, `errors.${code}`, fallback, values);
}

function isCoded(value: unknown): value is CodedError {
  return typeof value === 'object' && value !== null && 'code' in value && 'details' in value;
}
