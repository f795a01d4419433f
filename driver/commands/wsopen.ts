import type { Response, Command } from '../at/command';
import type { LinkId } from '../at/types';
import { flawOf, quote } from './quote';
import type { Reason } from '../error-reasons';
import { EspAtError, type ErrorCode } from '../errors';
import type { Header, LinkState, OpenOptions } from '../link/options';
import { build, damaged, COMMAND_LINE_LIMIT_BYTES, query } from './build';
import { checkLink, checkTimeout, isWhole, type Unchecked } from './check';
import { headerBytes, MAX_REQUEST_BYTES, requestBytes } from './upgrade-request';
import { checkHeaders, token } from './wshead';

const AUTHORIZATION = 'Authorization';
/** What the firmware's parser (http_parser) takes as user and password, host or IPv6 address, and port. */
const authorityCharacters =
  /^(?:[\w\-.!~*'()%;:&=+$,]*@)?(?:[\w.-]+|\[[0-9a-f:.]+(?:%[\w%.~-]+)?\])(?::\d*)?$/i;
/** Milliseconds the device waits for a server unless told otherwise. */
const DEFAULT_OPEN_TIMEOUT_MS = 15_000;
/**
 * Milliseconds beyond the timeout. The timeout stops no attempt: name, TCP, TLS and handshake have
 * about 10 s each, and after a failure the ERROR is held back for 5 s.
 */
const OPEN_LEEWAY_MS = 25_000;
/** Milliseconds; 14 s were measured on a link that was reconnecting. */
const WSCLOSE_TIMEOUT_MS = 20_000;

/** A link that the device knows, as `AT+WSOPEN?` lists it; closed links are absent. */
export interface OpenLink {
  readonly link: LinkId;
  readonly state: LinkState;
  readonly uri: string;
}

/**
 * `AT+WSOPEN`: opens a link. Only OK means open; URCs and errors tell the rest.
 * @throws EspAtError `INVALID_LINK`, `INVALID_URI`, `INVALID_SUBPROTOCOL`, `INVALID_AUTHORIZATION`,
 * `INVALID_TIMEOUT`, `INVALID_HEADER`; none of them shows the authorization or the URI, which may hold a password
 */
export function wsopen(link: LinkId, options: OpenOptions): Command {
  const id = checkLink(link);
  const { line, timeout, ...request } = parametersOf(id, options);
  if (request.authorization !== '') fits(line, 'INVALID_AUTHORIZATION', 'TOO_LONG_WITH_URI');
  else if (request.subprotocol !== '') fits(line, 'INVALID_SUBPROTOCOL', 'TOO_LONG_WITH_URI');
  else fits(line, 'INVALID_URI', 'TOO_LONG_WITH_TIMEOUT');
  const { headers }: Unchecked<OpenOptions> = options;
  checkHeaders(headers, requestBytes(request));
  const timeoutMs =
    Math.max(timeout ?? DEFAULT_OPEN_TIMEOUT_MS, DEFAULT_OPEN_TIMEOUT_MS) + OPEN_LEEWAY_MS;
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
  const { line, ...request } = parametersOf(0, { ...options, ...bare });
  if (isHeader || !takesHeaders || line.length <= COMMAND_LINE_LIMIT_BYTES)
    return { ...options, ...bare };
  const bytes = headerBytes(AUTHORIZATION, value) + requestBytes({ ...request, authorization: '' });
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

/** What `AT+WSOPEN` says, and its line, which may be too long with all of it. */
function parametersOf(link: LinkId, options: OpenOptions) {
  const given: Unchecked<OpenOptions> = options;
  const uri = checkUri(given.uri);
  const start = `AT+WSOPEN=${link},${quote(uri)}`;
  fits(start, 'INVALID_URI', 'TOO_LONG');
  const subprotocol = checkSubprotocol(given.subprotocol);
  const authorization = checkAuthorization(given.authorization);
  const timeout =
    given.timeoutMs === undefined ? undefined : checkTimeout(given.timeoutMs, 1, 180_000);
  const line = start + parameters(subprotocol, timeout, authorization);
  return { line, uri, subprotocol, timeout, authorization };
}

/** No field may be empty but the subprotocol's, and an empty text there would send an empty header. */
function parameters(
  subprotocol: string,
  timeout: number | undefined,
  authorization: string,
): string {
  const name = subprotocol === '' ? '' : quote(subprotocol);
  if (authorization !== '')
    return `,${name},${timeout ?? DEFAULT_OPEN_TIMEOUT_MS},${quote(authorization)}`;
  if (timeout !== undefined) return `,${name},${timeout}`;
  return name === '' ? '' : `,${name}`;
}

function checkUri(uri: unknown): string {
  const invalid = (reason: Reason) => new EspAtError('INVALID_URI', { reason });
  if (uri === undefined || uri === null) throw invalid('MISSING');
  if (typeof uri !== 'string') throw invalid('NOT_TEXT');
  // The firmware crashes on an empty one.
  if (uri === '') throw invalid('EMPTY');
  const flaw = flawOf(uri);
  if (flaw !== undefined) throw invalid(flaw);
  if (!/^[\x21-\x7e]+$/.test(uri)) {
    throw invalid('NOT_ASCII');
  }
  const [, authority, next] = /^wss?:\/\/([^/?#]*)(.?)/i.exec(uri) ?? [];
  if (authority === undefined) throw invalid('NO_SCHEME');
  const [, host, port] = /^(?:.*@)?(\[[^[\]]+\]|[^:[\]@]+)(?::(\d*))?$/.exec(authority) ?? [];
  if (host === undefined) throw invalid('NO_HOST');
  // The firmware refuses these at once, without a reason.
  if (!authorityCharacters.test(authority)) throw invalid('BAD_AUTHORITY');
  if (port !== undefined && !isWhole(Number(port), 1, 65_535)) throw invalid('BAD_PORT');
  if (next === '#') throw invalid('BAD_FRAGMENT');
  return uri;
}

/** Several may be given, separated by commas (RFC 6455, section 4.1). */
function checkSubprotocol(subprotocol: unknown): string {
  if (subprotocol === undefined) return '';
  if (typeof subprotocol === 'string') {
    const names = subprotocol.split(/ *, */);
    if (subprotocol === '' || names.every((name) => token.test(name))) return subprotocol;
  }
  throw new EspAtError('INVALID_SUBPROTOCOL', { reason: 'NOT_TOKENS' });
}

function checkAuthorization(authorization: unknown): string {
  if (authorization === undefined) return '';
  if (typeof authorization !== 'string') throw invalidAuthorization('NOT_TEXT');
  const flaw = flawOf(authorization);
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

function fits(line: string, code: ErrorCode, reason: Reason): void {
  const excess = line.length - COMMAND_LINE_LIMIT_BYTES;
  if (excess > 0) throw new EspAtError(code, { reason, excess });
}

function asState(state: number): LinkState {
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
