import type { ErrorDetails } from '../../../driver/errors';
import { namingDetails } from '../../../driver/values/flaw';
import { translateOr, type Translate } from '../message/translate';

/** The sentence about an error or a refused setting in the user's language; `fallback` where the catalog has none. */
export function sentence(
  translate: Translate,
  code: string,
  details: ErrorDetails,
  fallback: string = code,
): string {
  const values: Record<string, string | number> = { ...details };
  for (const name of [...namingDetails, 'field']) {
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
