import type { Reason } from '../error-reasons';
import type { Flaw } from './flaw';
import { quoted, textReason, utf8Length } from './text';
import { isWhole } from './whole';

/** Bytes of a command line without its CR LF; the firmware takes 256 with it. */
export const COMMAND_LINE_LIMIT_BYTES = 254;
/** What the firmware's parser (http_parser) accepts before the path: user and password, host or IPv6 address, port. */
const AUTHORITY =
  /^(?:[\w\-.!~*'()%;:&=+$,]*@)?(?:[\w.-]+|\[[0-9a-f:.]+(?:%[\w%.~-]+)?\])(?::\d*)?$/i;

const BRACKETED_ADDRESS = /^\[[0-9a-f:.]+(?:%[\w%.~-]+)?\](?=:|$)/i;

/** Returns why the firmware cannot open a URI. */
export function uriFlaw(uri: unknown): Flaw | undefined {
  if (uri === undefined || uri === null) return { reason: 'MISSING' };
  if (typeof uri !== 'string') return { reason: 'NOT_TEXT' };
  // The firmware crashes on an empty one.
  if (uri === '') return { reason: 'EMPTY' };
  const reason = textReason(uri) ?? partReason(uri);
  if (reason !== undefined) return { reason };
  const excess = utf8Length(`AT+WSOPEN=0,${quoted(uri)}`) - COMMAND_LINE_LIMIT_BYTES;
  return excess > 0 ? { reason: 'TOO_LONG', excess } : undefined;
}

function partReason(uri: string): Reason | undefined {
  if (!/^[\x21-\x7e]+$/.test(uri)) return 'NOT_ASCII';
  const [, authority, delimiter] = /^wss?:\/\/([^/?#]*)(.?)/i.exec(uri) ?? [];
  if (authority === undefined) return 'NO_SCHEME';
  const hostAndPort = authority.replace(/^.*@/, '').replace(BRACKETED_ADDRESS, 'address');
  if (/[[\]]/.test(hostAndPort)) return 'BAD_BRACKETS';
  const [host, port, ...others] = hostAndPort.split(':');
  if (others.length > 0) return 'BAD_COLONS';
  if (host === '') return 'NO_HOST';
  if (port !== undefined && !(/^\d+$/.test(port) && isWhole(Number(port), 1, 65_535)))
    return 'BAD_PORT';
  // The firmware refuses these at once, without a reason.
  if (!AUTHORITY.test(authority)) return 'BAD_AUTHORITY';
  return delimiter === '#' ? 'BAD_FRAGMENT' : undefined;
}
