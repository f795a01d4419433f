import type { Flaw } from './flaw';
import { textReason } from './text';
import { headerBytes, MAX_REQUEST_BYTES, MIN_REQUEST_BYTES } from './upgrade-request';

/** A token (RFC 9110, section 5.6.2). */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * Headers that a handshake has once: the firmware writes its own, and supports no extension. Not among them: `User-Agent`,
 * which goes out beside the firmware's, and `Sec-WebSocket-Protocol`, which may come twice (RFC 6455, section 11.3.4).
 */
const RESERVED_HEADER = /^(host|connection|upgrade|sec-websocket-(key|version|extensions))$/i;

/** A flaw, and the name of its header; never the value, which may be a secret. */
type HeaderFlaw = Flaw & { readonly name: string };

/** Returns why the firmware cannot send a header. */
export function headerFlaw(name: unknown, value: unknown): HeaderFlaw | undefined {
  if (typeof name !== 'string' || name === '')
    return { name: 'headers', reason: 'HEADER_WITHOUT_NAME' };
  // Without the invalid name, which may hold name and value.
  if (!TOKEN.test(name)) return { name: 'headers', reason: 'NOT_TOKEN' };
  const short = name.slice(0, 64);
  if (RESERVED_HEADER.test(name)) return { name: short, reason: 'RESERVED_HEADER' };
  if (typeof value !== 'string') return { name: short, reason: 'VALUE_NOT_TEXT' };
  // A tab is the one control character that a value may hold (RFC 9110, section 5.5).
  const reason = textReason(value.replaceAll('\t', ' '));
  if (reason !== undefined) return { name: short, reason };
  const excess = MIN_REQUEST_BYTES + headerBytes(name, value) - MAX_REQUEST_BYTES;
  return excess > 0 ? { name: short, reason: 'HEADER_TOO_LONG', excess } : undefined;
}

/** Returns why headers, each without a flaw, do not fit into one request. @param otherBytes bytes of the request without them */
export function headersFlaw(
  headers: readonly { readonly name: string; readonly value: string }[],
  otherBytes: number,
): HeaderFlaw | undefined {
  let total = otherBytes;
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

/** Returns why a text is not a list of subprotocols with commas between (RFC 6455, section 4.1). */
export function subprotocolFlaw(subprotocol: unknown): Flaw | undefined {
  if (typeof subprotocol === 'string') {
    const names = subprotocol.split(/ *, */);
    if (subprotocol === '' || names.every((name) => TOKEN.test(name))) return undefined;
  }
  return { reason: 'NOT_TOKENS' };
}
