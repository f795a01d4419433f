import type { Command } from '../at/command';
import type { LinkId } from '../at/types';
import type { Reason } from '../error-reasons';
import { EspAtError, type ErrorCode } from '../errors';
import type { Flaw } from '../values/flaw';
import {
  DEFAULT_OPEN_TIMEOUT_MS,
  wsopenExcess,
  wsopenFlaw,
  wsopenLine,
  type WsopenParameters,
} from '../values/wsopen-parameters';
import { subprotocolFlaw } from '../values/header';
import { textReason } from '../values/text';
import { headerBytes, MAX_REQUEST_BYTES, requestBytes } from '../values/upgrade-request';
import { uriFlaw } from '../values/uri';
import { build, query, type Query } from './build';
import { checkTimeout, type Unchecked } from './check';
import { checkHeaderList, checkHeaders, partsOf, type Header } from './wshead';

/** The state as `AT+WSOPEN?` numbers it: 0 closed · 1 reconnecting · 2 open · 3 waiting to reconnect · 4 closing. */
export type LinkStateNumber = 0 | 1 | 2 | 3 | 4;

const AUTHORIZATION = 'Authorization';
/** Longest timeout that `AT+WSOPEN` takes. */
export const MAX_OPEN_TIMEOUT_MS = 180_000;
/**
 * The device does not give up at its timeout: milliseconds by which the response may come later. Measured: DNS 14 s,
 * TCP 10 s, handshake 10 s at most, and after a failure the device holds the ERROR back for 5 s: 39 s in all, of which
 * the default timeout covers 15.
 */
const OPEN_LEEWAY_MS = 25_000;
/** Milliseconds: 14 s on a link that was reconnecting, 21 s where the framing was lost (simulated). */
const WSCLOSE_TIMEOUT_MS = 25_000;

/** The options of `Link.open()` that the device needs. */
interface WsopenOptions {
  readonly uri: string;
  readonly subprotocol?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly authorization?: string | undefined;
  readonly headers?: readonly Header[] | undefined;
}

/** A link that is not closed, as `AT+WSOPEN?` lists it. */
export interface ListedLink {
  readonly link: LinkId;
  readonly state: LinkStateNumber;
  readonly uri: string;
}

/**
 * `AT+WSOPEN`: opens a link. Only OK means that the link is open. URCs and the error tell why it is not.
 * @throws EspAtError `INVALID_URI`, `INVALID_SUBPROTOCOL`, `INVALID_AUTHORIZATION`, `INVALID_TIMEOUT`, `INVALID_HEADER`;
 * none of them shows the authorization or the URI, which may hold a password
 */
export function wsopen(link: LinkId, options: WsopenOptions): Command {
  const given = checkedParameters(options);
  const refusal = wsopenFlaw(given);
  if (refusal) throw new EspAtError(refusal.code, refusal.flaw);
  const { headers = [] }: Unchecked<WsopenOptions> = options;
  checkHeaders(headers, requestBytes(given));
  const timeoutMs = Math.max(given.timeoutMs ?? 0, DEFAULT_OPEN_TIMEOUT_MS) + OPEN_LEEWAY_MS;
  const line = Buffer.from(wsopenLine(link, given)).toString('latin1');
  return build(line, { name: `AT+WSOPEN=${link}`, timeoutMs });
}

/**
 * Returns the options in the form that the device takes: an authorization without room in the command line becomes a
 * header. Any authorization replaces user and password of the URI, which the firmware would send beside a header.
 * @throws EspAtError as {@link wsopen}
 */
export function placeAuthorization<O extends WsopenOptions>(options: O, takesHeaders: boolean): O {
  const { authorization: value = '', headers = [] } = options;
  checkHeaderList(headers);
  const isHeader = headers.some(isAuthorization);
  if (value === '' && !isHeader) return options;
  if (value !== '' && isHeader) throw invalidAuthorization('ALSO_HEADER');
  const bare = { uri: withoutUserinfo(checkUri(options.uri)) };
  const line = checkedParameters({ ...options, ...bare });
  if (isHeader || !takesHeaders || wsopenExcess(line) === 0) return { ...options, ...bare };
  const bytes = headerBytes(AUTHORIZATION, value) + requestBytes({ ...line, authorization: '' });
  const excess = bytes - MAX_REQUEST_BYTES;
  if (excess > 0) throw invalidAuthorization('HEADER_TOO_LONG', excess);
  const placed = [{ name: AUTHORIZATION, value }, ...headers];
  return { ...options, ...bare, authorization: undefined, headers: placed };
}

/**
 * `AT+WSOPEN?`: queries the state of every link that is not closed. The response holds URIs, which may hold passwords. One
 * corrupt line makes the response corrupt: a link must not seem closed.
 */
export const wsopenQuery: Query<ListedLink[]> = {
  ...query('WSOPEN'),
  secret: true,
  parse: (response) => {
    const links = response.map((line) => {
      // The device prints the URI without escapes: a quote may be part of it.
      const [, link, state, uri] = /^\+WSOPEN:([0-2]),([0-4]),"(.+)"$/.exec(line) ?? [];
      if (uri === undefined) return undefined;
      return { link: Number(link) as LinkId, state: Number(state) as LinkStateNumber, uri };
    });
    return links.every((link) => link !== undefined) ? links : undefined;
  },
};

/** The ID of a link that is not among these; undefined where all are. */
export function freeLink(links: readonly ListedLink[]): LinkId | undefined {
  return ([0, 1, 2] as const).find((id) => !links.some(({ link }) => link === id));
}

/** `AT+WSCLOSE`: drops the connection without a close frame, and the settings of `AT+WSCFG`. OK in any state. */
export function wsclose(link: LinkId): Command {
  const name = `AT+WSCLOSE=${link}`;
  return build(name, { name, timeoutMs: WSCLOSE_TIMEOUT_MS, idempotent: true });
}

function checkedParameters(options: WsopenOptions): WsopenParameters {
  const given: Unchecked<WsopenOptions> = options;
  const { uri, subprotocol = '', authorization = '', timeoutMs } = given;
  return {
    uri: checkUri(uri),
    subprotocol: checkText('INVALID_SUBPROTOCOL', subprotocol, subprotocolFlaw(subprotocol)),
    authorization: checkAuthorization(authorization),
    timeoutMs:
      timeoutMs === undefined ? undefined : checkTimeout(timeoutMs, 1, MAX_OPEN_TIMEOUT_MS),
  };
}

function checkUri(uri: unknown): string {
  return checkText('INVALID_URI', uri, uriFlaw(uri));
}

function checkText(code: ErrorCode, text: unknown, flaw: Flaw | undefined): string {
  if (flaw) throw new EspAtError(code, flaw);
  return String(text);
}

function checkAuthorization(authorization: unknown): string {
  if (typeof authorization !== 'string') throw invalidAuthorization('NOT_TEXT');
  const reason = textReason(authorization);
  if (reason !== undefined) throw invalidAuthorization(reason);
  return authorization;
}

function isAuthorization(header: unknown): boolean {
  const { name } = partsOf(header);
  return typeof name === 'string' && name.toLowerCase() === AUTHORIZATION.toLowerCase();
}

function invalidAuthorization(reason: Reason, excess = 0): EspAtError {
  return new EspAtError('INVALID_AUTHORIZATION', { reason, excess });
}

/** Returns a URI without user and password, which only the server may see (RFC 3986, section 3.2.1). */
export function withoutUserinfo(uri: string): string {
  return uri.replace(/^(wss?:\/\/)[^/?#]*@/i, '$1');
}
