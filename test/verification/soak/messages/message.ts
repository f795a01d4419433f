import { createHash } from 'node:crypto';
import type { LinkId } from '../../../../driver/at/types';
import type { Random } from '../../../../simulator';
import { below, between } from '../../../harness/random';

/** `out` from the flow to the server, `in` from the server to the flow. */
export type Way = 'out' | 'in';

export type Form = 'text' | 'binary' | 'json';

/** The identity of a message. */
export interface Identity {
  readonly way: Way;
  readonly link: LinkId;
  /** Unique among the messages of its way. */
  readonly number: number;
}

const SUM_DIGITS = 12;
const SEALED = new RegExp(`^([oi])([012])\\.(\\d+)\\.([^]*)\\.([0-9a-f]{${SUM_DIGITS}})$`);

const LETTERS = 'abcdefghijklmnopqrstuvwxyz äöü€中文 ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789';

/**
 * A text with the identity of its message, a filling and a checksum. Needs no escape in JSON.
 * @param length of the filling, in characters
 */
export function seal({ way, link, number }: Identity, length: number, random: Random): string {
  const letters = Array.from(LETTERS);
  const start = below(random, letters.length);
  const filling = Array.from({ length }, (_, at) => letters[(start + at * 7) % letters.length]);
  const body = `${way === 'out' ? 'o' : 'i'}${link}.${number}.${filling.join('')}`;
  return `${body}.${sumOf(body)}`;
}

/** The identity in a sealed text; undefined for a corrupt one. */
export function unseal(text: string): Identity | undefined {
  const [, way, link, number, , sum] = SEALED.exec(text) ?? [];
  const id = linkOf(link);
  if (number === undefined || id === undefined) return undefined;
  if (sum !== sumOf(text.slice(0, -SUM_DIGITS - 1))) return undefined;
  return { way: way === 'o' ? 'out' : 'in', link: id, number: Number(number) };
}

/** Begins a binary message, and is not UTF-8. */
const BINARY_MARK = Buffer.from([0xff, 0x00, 0x0d, 0x0a, 0x3e]);

/** The payload of a message: a string, or a buffer for `binary`. */
export function payloadOf(sealed: string, form: Form): string | Buffer {
  if (form === 'text') return sealed;
  if (form === 'json') return JSON.stringify({ soak: sealed });
  return Buffer.concat([BINARY_MARK, Buffer.from(sealed)]);
}

/** The sealed text in a received text, buffer or object; undefined for other values. */
export function sealedIn(payload: unknown): string | undefined {
  if (typeof payload === 'string') {
    if (!payload.startsWith('{')) return payload;
    try {
      return sealedIn(JSON.parse(payload));
    } catch {
      return undefined;
    }
  }
  if (Buffer.isBuffer(payload)) {
    const isBinary = payload.subarray(0, BINARY_MARK.length).equals(BINARY_MARK);
    return isBinary ? payload.toString('utf8', BINARY_MARK.length) : sealedIn(payload.toString());
  }
  if (typeof payload !== 'object' || payload === null || !('soak' in payload)) return undefined;
  return typeof payload.soak === 'string' ? payload.soak : undefined;
}

/** Draws a length: mostly short, sometimes more than the device takes at once. */
export function drawLength(random: Random): number {
  const kind = random();
  if (kind < 0.7) return below(random, 200);
  if (kind < 0.92) return between(random, 200, 1999);
  return kind < 0.99 ? between(random, 2000, 6999) : between(random, 7000, 13_999);
}

/** Draws a form. */
export function drawForm(random: Random): Form {
  const kind = random();
  return kind < 0.4 ? 'text' : kind < 0.7 ? 'binary' : 'json';
}

function sumOf(text: string): string {
  return createHash('sha1').update(text).digest('hex').slice(0, SUM_DIGITS);
}

function linkOf(text: string | undefined): LinkId | undefined {
  return text === '0' ? 0 : text === '1' ? 1 : text === '2' ? 2 : undefined;
}
