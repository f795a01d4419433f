import type { Flaw } from './flaw';
import { quotedLength, textFlaw } from './text';
import { isWhole } from './whole';

/** Bytes of a command line without its CR LF; the firmware takes 256 with it. */
export const COMMAND_LINE_LIMIT_BYTES = 254;
const LINE_START_BYTES = 'AT+WSOPEN=0,'.length;
/** What the firmware's parser (http_parser) takes as user and password, host or IPv6 address, and port. */
const authorityCharacters =
  /^(?:[\w\-.!~*'()%;:&=+$,]*@)?(?:[\w.-]+|\[[0-9a-f:.]+(?:%[\w%.~-]+)?\])(?::\d*)?$/i;

/** Why the firmware cannot open a URI, or undefined. */
export function uriFlaw(uri: unknown): Flaw | undefined {
  if (uri === undefined || uri === null) return { reason: 'MISSING' };
  if (typeof uri !== 'string') return { reason: 'NOT_TEXT' };
  // The firmware crashes on an empty one.
  if (uri === '') return { reason: 'EMPTY' };
  const reason = textFlaw(uri) ?? partFlaw(uri);
  if (reason !== undefined) return { reason };
  const excess = LINE_START_BYTES + quotedLength(uri) - COMMAND_LINE_LIMIT_BYTES;
  return excess > 0 ? { reason: 'TOO_LONG', excess } : undefined;
}

function partFlaw(uri: string): Flaw['reason'] | undefined {
  if (!/^[\x21-\x7e]+$/.test(uri)) return 'NOT_ASCII';
  const [, authority, next] = /^wss?:\/\/([^/?#]*)(.?)/i.exec(uri) ?? [];
  if (authority === undefined) return 'NO_SCHEME';
  const [, host, port] = /^(?:.*@)?(\[[^[\]]+\]|[^:[\]@]+)(?::(\d*))?$/.exec(authority) ?? [];
  if (host === undefined) return 'NO_HOST';
  // The firmware refuses these at once, without a reason.
  if (!authorityCharacters.test(authority)) return 'BAD_AUTHORITY';
  if (port !== undefined && !isWhole(Number(port), 1, 65_535)) return 'BAD_PORT';
  return next === '#' ? 'BAD_FRAGMENT' : undefined;
}
