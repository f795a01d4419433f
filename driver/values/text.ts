import type { Reason } from '../error-reasons';

/** CR or LF would end the command, the device drops NUL, and no value needs other control characters. */
const CONTROL_CHARACTER = /\p{Cc}/u;

/** Returns why a text cannot be a parameter of an AT command; undefined where it can. */
export function textReason(text: string): Reason | undefined {
  if (CONTROL_CHARACTER.test(text)) return 'CONTROL_CHARACTER';
  return hasLoneSurrogate(text) ? 'LONE_SURROGATE' : undefined;
}

/** Whether a text holds a surrogate without its other half: UTF-8 has no bytes for it, and an encoder writes U+FFFD instead. */
export function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udfff]/u.test(text);
}

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Escapes `"`, `,` and `\`: the firmware cuts parameters at bare commas even inside quotes. */
export function escaped(text: string): string {
  return text.replace(/["\\,]/g, '\\$&');
}

/** A text as a parameter of an AT command. */
export function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** Formats an invalid value for a message: short, on one line, without the contents of objects. */
export function shown(value: unknown): string | number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return value === null ? 'null' : typeof value;
  const text = JSON.stringify(value);
  return text.length <= 32 ? text : `${text.slice(0, 31)}…`;
}
