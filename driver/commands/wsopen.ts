import type { Response, Command } from '../at/command';
import type { LinkId } from '../at/types';
import { quote } from './quote';
import type { Reason } from '../error-reasons';
import { EspAtError } from '../errors';
import {
  DEFAULT_OPEN_TIMEOUT_MS,
  openLineBytes,
  openLineFlaw,
  type OpenLine,
} from '../values/open-line';
import { subprotocolFlaw } from '../values/subprotocol';
import { textFlaw } from '../values/text';
import { headerBytes, MAX_REQUEST_BYTES, requestBytes } from '../values/upgrade-request';
import { COMMAND_LINE_LIMIT_BYTES, uriFlaw } from '../values/uri';
import type { LinkStateNumber } from '../link/events';
import type { Header, OpenOptions } from '../link/options';
import { build, damaged, query } from './build';
import { checkLink, checkTimeout, type Unchecked } from './check';
import { checkHeaders } from './wshead';

const AUTHORIZATION = 'Authorization';
/**
 * Milliseconds beyond the timeout. The timeout stops no attempt: name, TCP, TLS and handshake have
 * about 10 s each, and after a failure the ERROR is held back for 5 s.
 */
const OPEN_LEEWAY_MS = 25_000;
/** Milliseconds: 14 s on a link that was reconnecting, 21 s where the framing was lost (simulated). */
const WSCLOSE_TIMEOUT_MS = 25_000;

/** A link that the device knows, as `AT+WSOPEN?` lists it; closed links are absent. */
export interface OpenLink {
  readonly link: LinkId;
  readonly state: LinkStateNumber;
  readonly uri: string;
}

/**
 * `AT+WSOPEN`: opens a link. Only OK means open; URCs and errors tell the rest.
 * @throws EspAtError `INVALID_LINK`, `INVALID_URI`, `INVALID_SUBPROTOCOL`, `INVALID_AUTHORIZATION`,
 * `INVALID_TIMEOUT`, `INVALID_HEADER`; none of them shows the authorization or the URI, which may hold a password
 */
export function wsopen(link: LinkId, options: OpenOptions): Command {
  const id = checkLink(link);
  const given = openLine(options);
  const refusal = openLineFlaw(given);
  if (refusal) throw new EspAtError(refusal.code, refusal.flaw);
  const { headers }: Unchecked<OpenOptions> = options;
  checkHeaders(headers, requestBytes(given));
  const { uri, timeout = DEFAULT_OPEN_TIMEOUT_MS } = given;
  const timeoutMs = Math.max(timeout, DEFAULT_OPEN_TIMEOUT_MS) + OPEN_LEEWAY_MS;
  const line = `AT+WSOPEN=${id},${quote(uri)}${parameters(given)}`;
  return build(line, { name: `AT+WSOPEN=${id}`, timeoutMs });
}

/**
 * The options as the device can take them: an authorization without room in the command line becomes a header.
 * Any authorization replaces user and password of the URI, which the firmware would send beside a header.
 * @param takesHeaders whether the firmware has `AT+WSHEAD`
 * @throws EspAtError `INVALID_URI`, `INVALID_SUBPROTOCOL`, `INVALID_AUTHORIZATION`, `INVALID_TIMEOUT`
 */
export function placeAuthorization(options: OpenOptions, takesHeaders: boolean): OpenOptions {
  const { authorization: value = '', ...others } = options;
  const headers: readonly Header[] = Array.isArray(options.headers) ? options.headers : [];
  const isHeader = headers.some(isAuthorization);
  if (value === '' && !isHeader) return options;
  if (value !== '' && isHeader) throw invalidAuthorization('ALSO_HEADER');
  const bare = { uri: withoutUserinfo(checkUri(options.uri)) };
  const line = openLine({ ...options, ...bare });
  if (isHeader || !takesHeaders || openLineBytes(line) <= COMMAND_LINE_LIMIT_BYTES)
    return { ...options, ...bare };
  const bytes = headerBytes(AUTHORIZATION, value) + requestBytes({ ...line, authorization: '' });
  const excess = bytes - MAX_REQUEST_BYTES;
  if (excess > 0) throw invalidAuthorization('HEADER_TOO_LONG', excess);
  return { ...others, ...bare, headers: [{ name: AUTHORIZATION, value }, ...headers] };
}

/** `AT+WSOPEN?`: the state of every link that is not closed. Its answer holds URIs, and those may hold passwords. */
export function wsopenQuery(): Command {
  return { ...query('WSOPEN'), secret: true };
}

/**
 * Parses the response to {@link wsopenQuery}.
 * @throws EspAtError `OUT_OF_SYNC` when a line is corrupt: a link must not seem closed
 */
export function parseWsopen(answer: Response): OpenLink[] {
  return answer.map((line) => {
    // The device prints the URI without escapes: a quote may be part of it.
    const [, link, state, uri] = /^\+WSOPEN:([0-2]),([0-4]),"(.+)"$/.exec(line) ?? [];
    if (uri === undefined) throw damaged('AT+WSOPEN?');
    return { link: checkLink(Number(link)), state: asState(Number(state)), uri };
  });
}

/** `AT+WSCLOSE`: drops the connection without a close frame, and what `AT+WSCFG` set. OK in any state. */
export function wsclose(link: LinkId): Command {
  const id = checkLink(link);
  const name = `AT+WSCLOSE=${id}`;
  return build(name, { name, timeoutMs: WSCLOSE_TIMEOUT_MS, idempotent: true });
}

/** Checks what `AT+WSOPEN` says, each value alone. */
function openLine(options: OpenOptions): OpenLine {
  const given: Unchecked<OpenOptions> = options;
  const uri = checkUri(given.uri);
  const subprotocol = given.subprotocol === undefined ? '' : checkSubprotocol(given.subprotocol);
  const authorization =
    given.authorization === undefined ? '' : checkAuthorization(given.authorization);
  const timeout =
    given.timeoutMs === undefined ? undefined : checkTimeout(given.timeoutMs, 1, 180_000);
  return { uri, subprotocol, timeout, authorization };
}

/** No field may be empty but the subprotocol's, and an empty text there would send an empty header. */
function parameters({ subprotocol, timeout, authorization }: OpenLine): string {
  const name = subprotocol === '' ? '' : quote(subprotocol);
  if (authorization !== '')
    return `,${name},${timeout ?? DEFAULT_OPEN_TIMEOUT_MS},${quote(authorization)}`;
  if (timeout !== undefined) return `,${name},${timeout}`;
  return name === '' ? '' : `,${name}`;
}

function checkUri(uri: unknown): string {
  const flaw = uriFlaw(uri);
  if (flaw) throw new EspAtError('INVALID_URI', flaw);
  return String(uri);
}

function checkSubprotocol(subprotocol: unknown): string {
  const flaw = subprotocolFlaw(subprotocol);
  if (flaw) throw new EspAtError('INVALID_SUBPROTOCOL', flaw);
  return String(subprotocol);
}

function checkAuthorization(authorization: unknown): string {
  if (typeof authorization !== 'string') throw invalidAuthorization('NOT_TEXT');
  const flaw = textFlaw(authorization);
  if (flaw !== undefined) throw invalidAuthorization(flaw);
  return authorization;
}

function isAuthorization(header: unknown): boolean {
  const { name }: Unchecked<Header> = typeof header === 'object' && header !== null ? header : {};
  return typeof name === 'string' && name.toLowerCase() === AUTHORIZATION.toLowerCase();
}

function invalidAuthorization(reason: Reason, excess = 0): EspAtError {
  return new EspAtError('INVALID_AUTHORIZATION', { reason, excess });
}

function asState(state: number): LinkStateNumber {
  switch (state) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      return state;
  }
  throw damaged('AT+WSOPEN?');
}

/** A URI without user and password: only the server may see these (RFC 3986, section 3.2.1). */
export function withoutUserinfo(uri: string): string {
  return uri.replace(/^(wss?:\/\/)[^/?#]*@/i, '$1');
}
