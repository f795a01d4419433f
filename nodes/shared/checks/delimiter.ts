import { hasLoneSurrogate, utf8Length } from '../../../driver/values/text';
import type { Flaw } from './refusal';

const MAX_BYTES = 64;
const escapes = /\\(x[0-9a-f]{2}|[nrt0\\])/gi;

/**
 * Why a text is no delimiter, or undefined. Its escapes `\n`, `\r`, `\t`, `\0`, `\\` and `\xNN` stand for one byte
 * each.
 */
export function delimiterFlaw(text: string): Flaw | undefined {
  if (text === '') return { reason: 'EMPTY' };
  if (text.replace(escapes, '').includes('\\')) return { reason: 'BAD_ESCAPE' };
  if (hasLoneSurrogate(text)) return { reason: 'LONE_SURROGATE' };
  const length = utf8Length(text.replace(escapes, 'x'));
  return length > MAX_BYTES ? { reason: 'TOO_MANY_BYTES', length, max: MAX_BYTES } : undefined;
}

/** The bytes of a delimiter that has no flaw. */
export function delimiterBytes(text: string): Uint8Array {
  const named: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9, '0': 0, '\\': 92 };
  const parts = text.split(/(\\x[0-9a-f]{2}|\\[nrt0\\])/i).map((part) => {
    if (!part.startsWith('\\')) return [...new TextEncoder().encode(part)];
    return [named[part.slice(1).toLowerCase()] ?? parseInt(part.slice(2), 16)];
  });
  return Uint8Array.from(parts.flat());
}
