import { utf8Length } from './text';
import type { WsopenParameters } from './wsopen-parameters';

/** Most bytes of an upgrade request: the firmware cannot send a longer one. */
export const MAX_REQUEST_BYTES = 1023;
/** Bytes that every upgrade request of the firmware has besides host, port and path. */
export const MIN_REQUEST_BYTES = [
  'GET  HTTP/1.1',
  'Connection: Upgrade',
  'Host: :',
  'User-Agent: ESP32 Websocket Client',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${'k'.repeat(24)}`,
  '',
  '',
].join('\r\n').length;

/** Bytes of the upgrade request without headers of `AT+WSHEAD`. */
export function requestBytes(parameters: Omit<WsopenParameters, 'timeoutMs'>): number {
  const { uri, subprotocol, authorization } = parameters;
  let bytes = MIN_REQUEST_BYTES + targetBytes(uri);
  if (subprotocol !== '') bytes += lineBytes('Sec-WebSocket-Protocol', subprotocol);
  const credentials = authorization === '' ? basicOf(uri) : authorization;
  if (credentials !== '') bytes += lineBytes('Authorization', credentials);
  return bytes;
}

/** Bytes of a header of `AT+WSHEAD`: the firmware writes a second space behind the colon. */
export function headerBytes(name: string, value: string): number {
  return lineBytes(name, value) + 1;
}

function lineBytes(name: string, value: string): number {
  return utf8Length(`${name}: ${value}\r\n`);
}

/** The firmware adds what the URI leaves out: port and path. It drops the fragment, and a query without text. */
function targetBytes(uri: string): number {
  const parts =
    /^(wss?):\/\/(?:[^/?#]*@)?([^/?#]*?)(?::(\d+))?(\/[^?#]*)?(\?[^#]+)?\??(?:#.*)?$/i.exec(uri);
  const [, scheme = '', host = '', port, path = '/', query = ''] = parts ?? [];
  const defaultPort = scheme.toLowerCase() === 'wss' ? 443 : 80;
  const name = host.replace(/^\[|\]$/g, '');
  return name.length + String(Number(port ?? defaultPort)).length + path.length + query.length;
}

/** Returns a text as long as the firmware's Basic authorization for `user:password@`; empty for a user without a colon. */
function basicOf(uri: string): string {
  const [, userinfo = ''] = /^wss?:\/\/([^/?#]*)@/i.exec(uri) ?? [];
  if (!userinfo.includes(':')) return '';
  const base64Bytes = 4 * Math.ceil(utf8Length(userinfo) / 3);
  return `Basic ${'x'.repeat(base64Bytes)}`;
}
