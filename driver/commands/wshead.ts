import type { Response, Command } from '../at/command';
import { flawOf } from './quote';
import type { Reason } from '../error-reasons';
import { EspAtError } from '../errors';
import type { Header } from '../link/options';
import { build, query } from './build';
import type { Unchecked } from './check';

/** RFC 7230, section 3.2.6. */
export const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Bytes of an opening request at most, in the firmware. */
const MAX_REQUEST_BYTES = 1023;
/** Bytes of a header beside its line: CR LF, and a second space that the firmware writes behind the colon. */
const OVERHEAD = 3;
/** Bytes of every opening request, besides its target, host and options. */
const MIN_REQUEST_BYTES = [
  'GET  HTTP/1.1',
  'Connection: Upgrade',
  'Host: ',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${'k'.repeat(24)}`,
  '',
  '',
].join('\r\n').length;

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
 * Checks the size of an opening request with all headers: the firmware gives no reason when it is too long.
 * @param rest bytes of the request's target, host, subprotocol and authorization, at least
 * @throws EspAtError `INVALID_HEADER`
 */
export function checkHeaders(headers: unknown, rest: number): void {
  if (headers === undefined) return;
  if (!Array.isArray(headers)) throw invalid('list', 'NOT_LIST');
  let length = MIN_REQUEST_BYTES + rest;
  let longest = { name: '', length: 0 };
  for (const header of headers as readonly unknown[]) {
    const { name, line } = checkHeader(header);
    const size = Buffer.byteLength(line) + OVERHEAD;
    length += size;
    if (size > longest.length) longest = { name, length: size };
  }
  if (length <= MAX_REQUEST_BYTES || headers.length === 0) return;
  throw invalid(longest.name, 'REQUEST_TOO_LONG', length - MAX_REQUEST_BYTES);
}

/** A header and its line, `Name: value`. */
function checkHeader(header: unknown): { readonly name: string; readonly line: string } {
  const { name, value }: Unchecked<Header> = isObject(header) ? header : {};
  if (typeof name !== 'string' || name === '') throw invalid('name', 'MISSING');
  // The error omits an invalid name, which may hold name and value, a secret.
  if (!token.test(name)) throw invalid('name', 'NOT_TOKEN');
  if (typeof value !== 'string') throw invalid(name, 'VALUE_NOT_TEXT');
  // A tab is the one control character that a value may hold (RFC 7230, section 3.2).
  const flaw = flawOf(value.replaceAll('\t', ' '));
  if (flaw !== undefined) throw invalid(name, flaw);
  const line = `${name}: ${value}`;
  const excess = MIN_REQUEST_BYTES + Buffer.byteLength(line) + OVERHEAD - MAX_REQUEST_BYTES;
  if (excess > 0) throw invalid(name, 'HEADER_TOO_LONG', excess);
  return { name, line };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function invalid(name: string, reason: Reason, excess = 0): EspAtError {
  return new EspAtError('INVALID_HEADER', { name: name.slice(0, 64), reason, excess });
}
