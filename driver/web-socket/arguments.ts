import { MAX_REASON_BYTES } from '../values/close-frame';
import { TOKEN } from '../values/header';

/**
 * Parses the URL of a connection (WHATWG WebSockets, the constructor's steps).
 * @throws DOMException `SyntaxError`
 */
export function parseUrl(url: unknown): URL {
  let parsed: URL;
  const text = String(url);
  try {
    parsed = new URL(text);
  } catch {
    // Not quoted: where the secrets of an invalid URL begin and end is unknown.
    throw syntaxError('The URL is invalid.');
  }
  if (parsed.protocol === 'http:') parsed.protocol = 'ws:';
  if (parsed.protocol === 'https:') parsed.protocol = 'wss:';
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:')
    // Not quoted: in "user:password@host" it is the user.
    throw syntaxError('The scheme of the URL has to be ws: or wss:.');
  if (parsed.href.includes('#')) throw syntaxError('The URL has a fragment. Remove it.');
  return parsed;
}

/** @throws DOMException `SyntaxError`: a protocol is no token (RFC 6455, section 4.1), or one comes twice */
export function parseProtocols(protocols: unknown): readonly string[] {
  // As in Web IDL, any iterable object is a sequence, and any other value becomes text.
  const isSequence =
    typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols;
  const list = isSequence
    ? Array.from(protocols as Iterable<unknown>, String)
    : [String(protocols)];
  const names = list.map((name) => name.toLowerCase());
  for (const [index, name] of list.entries()) {
    if (!TOKEN.test(name)) throw syntaxError(`"${name}" is not a subprotocol.`);
    if (names.indexOf(name.toLowerCase()) !== index)
      throw syntaxError(`The subprotocol "${name}" is given twice.`);
  }
  return list;
}

/**
 * Checks the arguments of close().
 * @returns the code, whole and clamped to 16 bits, by default 1000, and the reason, by default empty
 * @throws DOMException `InvalidAccessError`, `SyntaxError`
 */
export function parseClose(code: unknown = 1000, given: unknown = '') {
  const clamped = Math.round(Math.min(Math.max(Number(code) || 0, 0), 65_535));
  const reason = String(given);
  if (clamped !== 1000 && (clamped < 3000 || clamped > 4999))
    throw new DOMException(
      `The close code is ${clamped}; it has to be 1000, or 3000 to 4999.`,
      'InvalidAccessError',
    );
  if (Buffer.byteLength(reason) > MAX_REASON_BYTES)
    throw syntaxError(`The close reason is longer than ${MAX_REASON_BYTES} bytes.`);
  // Half a surrogate pair becomes U+FFFD, as in a USVString.
  return { code: clamped, reason: Buffer.from(reason).toString() };
}

function syntaxError(message: string): DOMException {
  return new DOMException(message, 'SyntaxError');
}
