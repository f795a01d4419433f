import type { Response, Command } from '../at/command';
import { EspAtError } from '../errors';
import { build, query } from './build';
import type { Unchecked } from './check';
import { headerFlaw, headersFlaw } from '../values/header';

/** One HTTP header of the opening handshake (`AT+WSHEAD`). */
export interface Header {
  /** An HTTP token (RFC 9110, section 5.1). */
  readonly name: string;
  /** Text without control characters other than a tab. May be secret: never in errors or logs. */
  readonly value: string;
}

/** `AT+WSHEAD`: adds a header to the upgrade requests of all links, before the headers set earlier. */
export function wshead(header: Header): Command {
  const { name, value } = checkHeader(header);
  const payload = Buffer.from(`${name}: ${value}`);
  return build(`AT+WSHEAD=${payload.length}`, { payload });
}

export const wsheadClear = build('AT+WSHEAD=0', { name: 'AT+WSHEAD=0', idempotent: true });

/** `AT+WSHEAD?`: queries the header list, whose values may be secret. */
export const wsheadQuery = { ...query('WSHEAD'), secret: true };

/** Returns the headers, newest first, as `Name: value`; undefined for a corrupt line. */
export function parseWshead(response: Response): (string | undefined)[] {
  return response.map((line) => {
    // The firmware does not escape headers: they may hold a quote.
    const [, text] = /^\+WSHEAD:\d+,"(.*)"$/.exec(line) ?? [];
    return text === undefined ? undefined : Buffer.from(text, 'latin1').toString();
  });
}

/** @param otherBytes bytes of the request without them @throws EspAtError `INVALID_HEADER`, which never shows the value */
export function checkHeaders(headers: unknown, otherBytes: number): void {
  checkHeaderList(headers);
  const flaw = headersFlaw(headers.map(checkHeader), otherBytes);
  if (flaw) throw new EspAtError('INVALID_HEADER', flaw);
}

export function checkHeaderList(headers: unknown): asserts headers is readonly unknown[] {
  if (!Array.isArray(headers))
    throw new EspAtError('INVALID_HEADER', { name: 'headers', reason: 'NOT_LIST' });
}

function checkHeader(header: unknown): Header {
  const { name, value } = partsOf(header);
  const flaw = headerFlaw(name, value);
  if (flaw) throw new EspAtError('INVALID_HEADER', flaw);
  return { name: String(name), value: String(value) };
}

export function partsOf(header: unknown): Unchecked<Header> {
  return typeof header === 'object' && header !== null ? header : {};
}
