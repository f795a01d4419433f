import type { Response, Command } from '../at/command';
import { flawOf } from './quote';
import type { Reason } from '../error-reasons';
import { EspAtError } from '../errors';
import type { Header } from '../link/options';
import { build, query } from './build';
import type { Unchecked } from './check';
import { headerBytes, MAX_REQUEST_BYTES, MIN_REQUEST_BYTES } from './upgrade-request';

/** RFC 7230, section 3.2.6. */
export const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * `AT+WSHEAD`: adds a header to the opening requests of all links, before the headers set earlier.
 * @throws EspAtError `INVALID_HEADER`, which never shows the value
 */
export function wshead(header: Header): Command {
  const payload = Buffer.from(checkHeader(header).line);
  return build(`AT+WSHEAD=${payload.length}`, { name: 'AT+WSHEAD', payload });
}

/** `AT+WSHEAD=0`: clears the header list. */
export function wsheadClear(): Command {
  return build('AT+WSHEAD=0', { name: 'AT+WSHEAD=0', idempotent: true });
}

/** `AT+WSHEAD?`: queries the header list, whose values may be secret. */
export function wsheadQuery(): Command {
  return { ...query('WSHEAD'), secret: true };
}

/** Parses the response to {@link wsheadQuery}, newest first, as `Name: value`; undefined for a corrupt line. */
export function parseWshead(answer: Response): (string | undefined)[] {
  return answer.map((line) => {
    // The firmware does not escape headers: they may hold a quote.
    const [, text] = /^\+WSHEAD:\d+,"(.*)"$/.exec(line) ?? [];
    return text === undefined ? undefined : Buffer.from(text, 'latin1').toString();
  });
}

/**
 * Checks the headers of one opening together: the firmware fails to send a request that it has no room for.
 * @param request bytes of the request without them
 * @throws EspAtError `INVALID_HEADER`
 */
export function checkHeaders(headers: unknown, request: number): void {
  if (headers === undefined) return;
  if (!Array.isArray(headers)) throw invalid('list', 'NOT_LIST');
  let total = request;
  let longest = { name: '', bytes: 0 };
  for (const header of headers as readonly unknown[]) {
    const { name, bytes } = checkHeader(header);
    total += bytes;
    if (bytes > longest.bytes) longest = { name, bytes };
  }
  if (total <= MAX_REQUEST_BYTES || headers.length === 0) return;
  throw invalid(longest.name, 'REQUEST_TOO_LONG', total - MAX_REQUEST_BYTES);
}

/** A header, its line (`Name: value`), and the bytes that it takes in the request. */
function checkHeader(header: unknown): Header & { readonly line: string; readonly bytes: number } {
  const { name, value }: Unchecked<Header> = isObject(header) ? header : {};
  if (typeof name !== 'string' || name === '') throw invalid('name', 'MISSING');
  // The error omits an invalid name, which may hold name and value, a secret.
  if (!token.test(name)) throw invalid('name', 'NOT_TOKEN');
  if (typeof value !== 'string') throw invalid(name, 'VALUE_NOT_TEXT');
  // A tab is the one control character that a value may hold (RFC 7230, section 3.2).
  const flaw = flawOf(value.replaceAll('\t', ' '));
  if (flaw !== undefined) throw invalid(name, flaw);
  const bytes = headerBytes(name, value);
  const excess = MIN_REQUEST_BYTES + bytes - MAX_REQUEST_BYTES;
  if (excess > 0) throw invalid(name, 'HEADER_TOO_LONG', excess);
  return { name, value, line: `${name}: ${value}`, bytes };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function invalid(name: string, reason: Reason, excess = 0): EspAtError {
  return new EspAtError('INVALID_HEADER', { name: name.slice(0, 64), reason, excess });
}
