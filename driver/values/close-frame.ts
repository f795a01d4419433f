import type { Flaw } from './flaw';
import { hasLoneSurrogate, utf8Length } from './text';

/** Most bytes of a close reason (RFC 6455, section 5.5). */
export const MAX_REASON_BYTES = 123;

/** Whether an endpoint may send the code in a close frame (RFC 6455, section 7.4, and the IANA registry). */
export function isCloseCode(code: unknown): code is number {
  if (typeof code !== 'number' || !Number.isInteger(code)) return false;
  return (
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999)
  );
}

/** Returns why a text cannot be the reason in a close frame. */
export function closeReasonFlaw(text: unknown): Flaw | undefined {
  if (typeof text !== 'string') return { reason: 'CLOSE_REASON_NOT_TEXT' };
  if (hasLoneSurrogate(text)) return { reason: 'LONE_SURROGATE' };
  const length = utf8Length(text);
  if (length <= MAX_REASON_BYTES) return undefined;
  return { reason: 'CLOSE_REASON_TOO_LONG', length, max: MAX_REASON_BYTES };
}
