import { createHash } from 'node:crypto';
import type { Firmware } from '../device/firmware';
import { randomBytes, type Random } from '../random';
import type { WebSocketUri } from './uri';

/** Size of the firmware's buffer for the upgrade request with its NUL, and for the response. */
const HANDSHAKE_BUFFER_BYTES = 1024;

/** The upgrade request of a link, also for its automatic reconnects. */
export interface UpgradeOptions {
  readonly uri: WebSocketUri;
  readonly subprotocol: string | undefined;
  /** The whole value of the Authorization header. */
  readonly authorization: string | undefined;
  /** `Name: value` lines, in the order of the request. */
  readonly headers: readonly string[];
  readonly firmware: Firmware;
}

/** The key of one handshake (RFC 6455, section 4.1). */
export const newKey = (random: Random): string => randomBytes(16, random).toString('base64');

/** The upgrade request; undefined when it exceeds the firmware's buffer. */
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
    lines.push(`Authorization: ${basicAuthorization(uri.userInfo)}`);
  if (authorization !== undefined) lines.push(`Authorization: ${authorization}`);
  const request = Buffer.from(
    [...lines, ...headers.map(headerLine), '', ''].join('\r\n'),
    'latin1',
  );
  return request.length < HANDSHAKE_BUFFER_BYTES ? request : undefined;
}

/**
 * Parses the response received so far. The header ends at the first empty line, but the firmware searches all received
 * bytes for the key, and so finds it behind a `100 Continue`.
 *
 * @param keepsRest whether the firmware keeps the bytes behind the header. True: it refuses 1023 bytes or more, those
 *   behind the header included. False: it takes 1024 bytes without an empty line as the whole response
 * @returns the bytes behind the header; undefined for a refusal
 */
export function readResponse(
  received: Buffer,
  key: string,
  keepsRest: boolean,
): Buffer | 'incomplete' | undefined {
  const end = received.indexOf('\r\n\r\n');
  const full = received.length >= responseBufferBytes(keepsRest);
  if (end < 0 && !full) return 'incomplete';
  if (full && keepsRest) return undefined;
  const header = received.toString('latin1');
  const accept = /Sec-WebSocket-Accept:([^\r]*)\r\n/i.exec(header)?.[1]?.trim();
  const isHttp = /^[^]*?HTTP\/\S* +\d{3}/i.test(header);
  if (!isHttp || accept !== acceptFor(key)) return undefined;
  return end < 0 ? received : received.subarray(end + 4);
}

/** Count of bytes of the response that the firmware reads at most. */
export const responseBufferBytes = (keepsRest: boolean): number =>
  keepsRest ? HANDSHAKE_BUFFER_BYTES - 1 : HANDSHAKE_BUFFER_BYTES;

/** The value of Sec-WebSocket-Accept for a key (RFC 6455, section 4.2.2). */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** The 101 of a server that accepts any request, with its first subprotocol. @param request up to its empty line */
export function acceptUpgrade(request: string): Buffer {
  const header = (name: string) =>
    new RegExp(`^${name}: *([^\\r]*)`, 'im').exec(request)?.[1]?.trim();
  const subprotocol = header('Sec-WebSocket-Protocol')?.split(',')[0]?.trim();
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(header('Sec-WebSocket-Key') ?? '')}`,
    ...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
  ];
  return Buffer.from([...lines, '', ''].join('\r\n'), 'latin1');
}

/** Splits a header at its first colon and joins the parts by `: `, as the firmware does. */
function headerLine(header: string): string {
  const colon = header.indexOf(':');
  return `${header.slice(0, colon)}: ${header.slice(colon + 1)}`;
}

const basicAuthorization = (userInfo: string): string =>
  `Basic ${Buffer.from(userInfo, 'latin1').toString('base64')}`;
