import type { Command } from '../at/command';
import { flawOf } from '../at/quote';
import { EspAtError } from '../errors';
import type { Header } from '../link-types';
import { build, query } from './build';
import type { Unchecked } from './check';

/** RFC 7230, section 3.2.6. */
export const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** The whole opening request stays below 1024 bytes; a header beyond this cannot be part of one. */
const LONGEST = 900;

/**
 * `AT+WSHEAD`: one more header for all openings to come, before those set earlier.
 * @throws EspAtError `INVALID_HEADER`, which never shows the value
 */
export function wshead(header: Header): Command {
  const payload = Buffer.from(headerLine(header));
  return build(`AT+WSHEAD=${payload.length}`, { name: 'AT+WSHEAD', payload });
}

/** `AT+WSHEAD=0`: no more headers. */
export function wsheadClear(): Command {
  return build('AT+WSHEAD=0', { name: 'AT+WSHEAD=0', repeatable: true });
}

/** `AT+WSHEAD?`: the headers that are set. Their values may be secret. */
export function wsheadQuery(): Command {
  return query('WSHEAD');
}

/** `Name: value`, checked. @throws EspAtError `INVALID_HEADER` */
export function headerLine(header: Header): string {
  const { name, value }: Unchecked<Header> = header;
  if (typeof name !== 'string' || name === '') throw invalid('name', 'is missing');
  // A wrong name is not shown whole: somebody may have put name and value into it.
  if (!token.test(name)) throw invalid('name', "may hold letters, digits and !#$%&'*+-.^_`|~ only");
  if (typeof value !== 'string') throw invalid(name, 'has no text as its value');
  // A tab is the one control character that a value may hold (RFC 7230, section 3.2).
  const flaw = flawOf(value.replaceAll('\t', ' '));
  if (flaw !== undefined) throw invalid(name, flaw);
  const line = `${name}: ${value}`;
  const excess = Buffer.byteLength(line) - LONGEST;
  if (excess > 0) throw invalid(name, `is ${excess} bytes too long`);
  return line;
}

function invalid(name: string, reason: string): EspAtError {
  return new EspAtError('INVALID_HEADER', { name: name.slice(0, 64), reason });
}
