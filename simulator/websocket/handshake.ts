import { createHash } from 'node:crypto';
import { randomBytes, type Random } from '../random';
import type { WebSocketUri } from './uri';

/** Room for the upgrade request and its NUL, and for the answer, in bytes. */
const HANDSHAKE_BUFFER_BYTES = 1024;

/** What a link asks for when it opens; kept for its automatic reconnects. */
export interface UpgradeOptions {
  readonly uri: WebSocketUri;
  readonly subprotocol: string | undefined;
  /** The whole value of the Authorization header. */
  readonly authorization: string | undefined;
  /** `Name: value` lines in the order of the wire. */
  readonly headers: readonly string[];
  /** Whether bytes behind the server's answer in its segment are kept for the first frame. */
  readonly keepsEarlyFrames: boolean;
}

/** The key of one handshake (RFC 6455, section 4.1). */
export const newKey = (random: Random): string => randomBytes(16, random).toString('base64');

/** The upgrade request, or undefined when it does not fit the device's buffer. */
export function upgradeRequest(options: UpgradeOptions, key: string): Buffer | undefined {
  const { uri, subprotocol, authorization, headers } = options;
  const lines = [
    `GET ${uri.path} HTTP/1.1`,
    'Connection: Upgrade',
    `Host: ${uri.host}:${uri.port}`,
    'User-Agent: ESP32 Websocket Client',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${key}`,
  ];
  if (subprotocol !== undefined) lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`);
  if (uri.userInfo !== undefined && authorization === undefined)
    lines.push(`Authorization: ${basic(uri.userInfo)}`);
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
  const request = Buffer.from(
    [...lines, ...headers.map(headerLine), '', ''].join('\r\n'),
    'latin1',
  );
  return request.length < HANDSHAKE_BUFFER_BYTES ? request : undefined;
}

/** How far the server's answer has come. */
export type UpgradeAnswer =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'refused' }
  /** `rest` is what followed the header in the device's buffer. */
  | { readonly kind: 'accepted'; readonly rest: Buffer };

/**
 * Judges what has arrived of the answer. The first empty line ends it, but the key may stand behind that, as it does
 * after a `100 Continue`.
 *
 * @param keepsRest whether the firmware keeps what follows the header, for which it must see the header's end: an
 *   answer that fills the buffer but for its NUL fails. Otherwise a full buffer counts as complete
 */
export function readAnswer(received: Buffer, key: string, keepsRest: boolean): UpgradeAnswer {
  const end = received.indexOf('\r\n\r\n');
  const full = received.length >= answerRoom(keepsRest);
  if (end < 0 && !full) return { kind: 'incomplete' };
  if (full && keepsRest) return { kind: 'refused' };
  const header = received.toString('latin1');
  const accept = /Sec-WebSocket-Accept:([^\r]*)\r\n/i.exec(header)?.[1]?.trim();
  const isHttp = /^[^]*?HTTP\/\S* +\d{3}/i.test(header);
  if (!isHttp || accept !== acceptFor(key)) return { kind: 'refused' };
  return { kind: 'accepted', rest: end < 0 ? received : received.subarray(end + 4) };
}

/** Bytes of the answer that the device reads at most. */
export const answerRoom = (keepsRest: boolean): number =>
  keepsRest ? HANDSHAKE_BUFFER_BYTES - 1 : HANDSHAKE_BUFFER_BYTES;

/** The answer to a key (RFC 6455, section 4.2.2). */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** The firmware cuts a header at its first colon and writes `: ` between the parts, whatever stands there. */
function headerLine(header: string): string {
  const colon = header.indexOf(':');
  return `${header.slice(0, colon)}: ${header.slice(colon + 1)}`;
}

const basic = (userInfo: string): string =>
  `Basic ${Buffer.from(userInfo, 'latin1').toString('base64')}`;
