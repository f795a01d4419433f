import { createHash } from 'node:crypto';
import { randomBytes, type Random } from '../random';
import type { WebSocketUri } from './uri';

/** Room for the upgrade request, its ending included, and for the answer's header, in bytes. */
export const handshakeBuffer = 1024;

/** What a link asks for when it opens; kept for its automatic reconnects. */
export interface UpgradeOptions {
  readonly uri: WebSocketUri;
  readonly subprotocol: string | undefined;
  /** The whole value of the Authorization header. */
  readonly authorization: string | undefined;
  /** `Name: value` lines in the order of the wire. */
  readonly headers: readonly string[];
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
  if (uri.userInfo !== undefined) lines.push(`Authorization: ${basic(uri.userInfo)}`);
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
  const request = Buffer.from([...lines, ...headers, '', ''].join('\r\n'), 'latin1');
  return request.length < handshakeBuffer ? request : undefined;
}

/** How far the server's answer has come. */
export type UpgradeAnswer =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'refused' }
  /** `rest` is what followed the header in the device's buffer. */
  | { readonly kind: 'accepted'; readonly rest: Buffer };

/** Judges what has arrived of the answer; a full buffer counts as complete. */
export function readAnswer(received: Buffer, key: string): UpgradeAnswer {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0 && received.length < handshakeBuffer) return { kind: 'incomplete' };
  const header = received.toString('latin1', 0, end < 0 ? received.length : end + 2);
  const accept = /Sec-WebSocket-Accept:([^\r]*)\r\n/i.exec(header)?.[1]?.trim();
  const isHttp = /HTTP\/\S* +\d{3}/i.test(header);
  if (!isHttp || accept !== acceptFor(key)) return { kind: 'refused' };
  return { kind: 'accepted', rest: end < 0 ? received : received.subarray(end + 4) };
}

function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

const basic = (userInfo: string): string =>
  `Basic ${Buffer.from(userInfo, 'latin1').toString('base64')}`;
