import { types } from 'node:util';
import { payloadBytes } from '../../commands/wssend';
import { EspAtError, type ErrorDetails } from '../../errors';
import { wholeFlaw } from '../../values/whole';
import { canSetAt, isObject, parsePath, valueAt, withValueAt, type JsonPath } from './json-path';
import type { ReplyMatch, RequestPayload } from './options';

/** How a message answers a request. */
export type Answer = 'reply' | 'error';

/** Where a request has its ID, and where its reply has the same ID. */
interface IdScheme {
  readonly request: JsonPath;
  /** Equal for schemes whose replies have their IDs in the same place. */
  readonly replyPlace: string;
  /** Positions of ID and type in an array; undefined where requests and replies are objects. */
  readonly positions?: readonly number[];
  /** The ID of the request that a message answers, and how; undefined for any other message. */
  idOf(json: unknown): { readonly id: unknown; readonly answer: Answer } | undefined;
}

/** How the link recognizes the reply to one request. */
export type Matcher =
  | { readonly by: 'key'; readonly scheme: IdScheme; readonly key: string; readonly id: unknown }
  | Extract<ReplyMatch, { by: 'function' | 'next' }>;

/** The payload of a request: its bytes, or what becomes JSON. */
type Content = Uint8Array | Exclude<RequestPayload, Uint8Array | string>;

interface PreparedRequest {
  readonly matcher: Matcher;
  readonly bytes: Uint8Array;
}

/**
 * Prepares a request: finds its ID, or gives it one.
 * @param nextNumber returns a number that is no ID of a request
 * @param random numbers from 0 up to 1
 * @throws EspAtError `INVALID_REQUEST`, `INVALID_PAYLOAD`
 */
export function prepareRequest(
  payload: RequestPayload,
  match: ReplyMatch,
  nextNumber: () => number,
  random: () => number,
): PreparedRequest {
  const content = contentOf(payload);
  switch (match.by) {
    case 'next':
    case 'function':
      return { matcher: match, bytes: bytesOf(content) };
    case 'property': {
      const request = parsePath('requestPath', match.request);
      const reply = match.reply === undefined ? request : parsePath('replyPath', match.reply);
      const scheme: IdScheme = {
        request,
        replyPlace: JSON.stringify(reply),
        idOf: (json) => ({ id: valueAt(json, reply), answer: 'reply' }),
      };
      return withId(content, scheme, nextNumber);
    }
    case 'array':
      return withId(content, arrayScheme(match), () => uuid(random));
  }
}

function arrayScheme(match: Extract<ReplyMatch, { by: 'array' }>): IdScheme {
  const { id = 1, type = 0, reply = 3, error = 4 } = match;
  for (const [setting, value] of Object.entries({ idPosition: id, typePosition: type })) {
    const flaw = wholeFlaw(value, 0, 99);
    if (flaw) throw invalidRequest({ setting, ...flaw });
  }
  return {
    request: [id],
    replyPlace: JSON.stringify([id, type, reply, error]),
    positions: [id, type],
    idOf: (json) => {
      if (!Array.isArray(json)) return undefined;
      const kind = valueAt(json, [type]);
      const answer = kind === reply ? 'reply' : kind === error ? 'error' : undefined;
      return answer && { id: valueAt(json, [id]), answer };
    },
  };
}

/** Returns an ID as a text that tells 1 from "1"; undefined for a value that is no ID. */
export function keyOf(id: unknown): string | undefined {
  // JSON has no other numbers: the server would get null.
  if (Number.isFinite(id)) return `n${String(id)}`;
  return typeof id === 'string' && id !== '' ? `s${id}` : undefined;
}

/** How a message answers the request of a matcher with a key; undefined where it does not. */
export function answerTo(matcher: Matcher, json: unknown): Answer | undefined {
  if (matcher.by !== 'key' || json === undefined) return undefined;
  const { id, answer } = matcher.scheme.idOf(json) ?? {};
  return keyOf(id) === matcher.key ? answer : undefined;
}

function withId(content: Content, scheme: IdScheme, create: () => unknown): PreparedRequest {
  const json = content instanceof Uint8Array ? parseJson(textOf(content)) : content;
  if (scheme.positions ? !Array.isArray(json) : !isObject(json)) {
    const reason = scheme.positions ? 'NOT_JSON_ARRAY' : 'NOT_JSON_OBJECT';
    throw new EspAtError('INVALID_PAYLOAD', { reason }, { outcome: 'not-sent' });
  }
  const given = valueAt(json, scheme.request);
  const givenKey = keyOf(given);
  if (givenKey !== undefined) {
    const matcher: Matcher = { by: 'key', scheme, key: givenKey, id: given };
    return { matcher, bytes: bytesOf(content) };
  }
  if (!canSetAt(json, scheme.request))
    throw new EspAtError('INVALID_PAYLOAD', { reason: 'NO_PLACE_FOR_ID' }, { outcome: 'not-sent' });
  if (given !== undefined && given !== null && given !== '')
    throw new EspAtError('INVALID_PAYLOAD', { reason: 'BAD_ID' }, { outcome: 'not-sent' });
  const id = create();
  const matcher: Matcher = { by: 'key', scheme, key: keyOf(id) ?? '', id };
  return { matcher, bytes: jsonBytes(withValueAt(json, scheme.request, id)) };
}

/** A random UUID (RFC 9562, version 4). */
function uuid(random: () => number): string {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(random() * 16);
    return (place === 'x' ? digit : (digit & 3) | 8).toString(16);
  });
}

/**
 * Text or bytes that `send()` refuses, such as bytes of another realm, are refused here with the same reason, whatever they
 * hold: JSON of a typed array or a buffer would lose its bytes.
 */
function contentOf(payload: RequestPayload): Content {
  const isJson =
    typeof payload === 'object' && !ArrayBuffer.isView(payload) && !types.isAnyArrayBuffer(payload);
  return isJson ? payload : payloadBytes(payload);
}

/** Returns the object or array of a JSON text; undefined for any other text, which matches no request. */
export function parseJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

function bytesOf(content: Content): Uint8Array {
  return content instanceof Uint8Array ? content : jsonBytes(content);
}

function jsonBytes(json: unknown): Uint8Array {
  try {
    return Buffer.from(JSON.stringify(json));
  } catch {
    const details = { reason: 'NOT_SERIALIZABLE' };
    throw new EspAtError('INVALID_PAYLOAD', details, { outcome: 'not-sent' });
  }
}

export function invalidRequest(details: ErrorDetails): EspAtError {
  return new EspAtError('INVALID_REQUEST', details, { outcome: 'not-sent' });
}
