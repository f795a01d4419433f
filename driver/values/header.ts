import type { Flaw } from './flaw';
import { textFlaw } from './text';
import { headerBytes, MAX_REQUEST_BYTES, MIN_REQUEST_BYTES } from './upgrade-request';

/** RFC 7230, section 3.2.6. */
export const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Headers of the handshake itself: the firmware sends these beside the ones it is given, or cannot do what they promise. */
const reserved = [
  'host',
  'connection',
  'upgrade',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
];

/** A flaw of a header, and the name of the header; never its value, which may be a secret. */
export type HeaderFlaw = Flaw & { readonly name: string };

/** Why a header cannot be sent, or undefined. */
export function headerFlaw(name: unknown, value: unknown): HeaderFlaw | undefined {
  if (typeof name !== 'string' || name === '') return { name: 'name', reason: 'MISSING' };
  // Without the invalid name, which may hold name and value.
  if (!token.test(name)) return { name: 'name', reason: 'NOT_TOKEN' };
  const short = name.slice(0, 64);
  if (reserved.includes(name.toLowerCase())) return { name: short, reason: 'RESERVED_HEADER' };
  if (typeof value !== 'string') return { name: short, reason: 'VALUE_NOT_TEXT' };
  // A tab is the one control character that a value may hold (RFC 7230, section 3.2).
  const reason = textFlaw(value.replaceAll('\t', ' '));
  if (reason !== undefined) return { name: short, reason };
  const excess = MIN_REQUEST_BYTES + headerBytes(name, value) - MAX_REQUEST_BYTES;
  return excess > 0 ? { name: short, reason: 'HEADER_TOO_LONG', excess } : undefined;
}

/**
 * Why headers cannot be sent together: the firmware fails to send a request that it has no room for.
 * @param headers have no flaw of their own
 * @param request bytes of the request without them
 */
export function headersFlaw(
  headers: readonly { readonly name: string; readonly value: string }[],
  request: number,
): HeaderFlaw | undefined {
  let total = request;
  let longest = { name: '', bytes: 0 };
  for (const { name, value } of headers) {
    const bytes = headerBytes(name, value);
    total += bytes;
    if (bytes > longest.bytes) longest = { name, bytes };
  }
  if (total <= MAX_REQUEST_BYTES || headers.length === 0) return undefined;
  const excess = total - MAX_REQUEST_BYTES;
  return { name: longest.name.slice(0, 64), reason: 'REQUEST_TOO_LONG', excess };
}
