import { createHash } from 'node:crypto';
import type { LinkId } from '../../../driver/at/types';

/** Direction, link and number of a message. */
export interface Label {
  /** `out`: from the host to the server; `in`: from the server to the host. */
  readonly way: 'out' | 'in';
  readonly link: LinkId;
  readonly number: number;
}

/** Numbers from 0 up to 1. */
export type Random = () => number;

/** Payload bytes that look like AT lines. */
const lookalikes = [
  '\r\n',
  '>',
  '\r\n>',
  '\0',
  '\r\nOK\r\n',
  '\r\nERROR\r\n',
  '\r\nSEND OK\r\n',
  '\r\nOK\r\n\r\n>',
  '\r\nbusy p...\r\n',
  '\r\nready\r\n',
  'AT+RST\r\n',
  '\r\nAT\r\n',
  '\r\nOK\r\n+WS_CLOSED:0\r\n',
  '+WS_DISCONNECTED:1\r\n',
  '\r\n+WS_DATA:0,1,1,3,3,abc\r\n',
  '\r\n+WS_DATA:2,5,hello\r\n',
  '+WS_DATA:1,',
  'SEND OK',
] as const;

/** A whole number from `from` to `to`, both possible. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1));
}

/** One of several. */
export function pick<T>(random: Random, items: readonly [T, ...T[]]): T {
  return items[Math.floor(random() * items.length)] ?? items[0];
}

/** A message of about `size` bytes that carries its label and a checksum at its start or at its end. */
export function compose(label: Label, size: number, random: Random): Buffer {
  const name = Buffer.from(`<${label.way}${label.link}.${label.number}>`);
  const rest = body(Math.max(0, size - name.length - SUM), random);
  if (random() < 0.5) return Buffer.concat([sumOf([name, rest]), name, rest]);
  return Buffer.concat([rest, name, sumOf([rest, name])]);
}

/** The label of a message that is whole; undefined for anything else. */
export function labelOf(bytes: Buffer): Label | undefined {
  if (bytes.length < SUM) return undefined;
  const after = bytes.subarray(SUM);
  if (sumOf([after]).equals(bytes.subarray(0, SUM)))
    return parse(after, /^<(out|in)([012])\.(\d+)>/);
  const before = bytes.subarray(0, bytes.length - SUM);
  if (sumOf([before]).equals(bytes.subarray(bytes.length - SUM)))
    return parse(before, /<(out|in)([012])\.(\d+)>$/);
  return undefined;
}

const SUM = 8;

function sumOf(parts: readonly Buffer[]): Buffer {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return Buffer.from(hash.digest('hex').slice(0, SUM));
}

function parse(bytes: Buffer, pattern: RegExp): Label | undefined {
  const [, way, link, number] = pattern.exec(bytes.toString('latin1')) ?? [];
  if (way !== 'out' && way !== 'in') return undefined;
  const id = link === '0' ? 0 : link === '1' ? 1 : 2;
  return { way, link: id, number: Number(number) };
}

function body(size: number, random: Random): Buffer {
  const parts: Buffer[] = [];
  for (let length = 0; length < size;) {
    const part =
      random() < 0.4
        ? Buffer.from(pick(random, lookalikes), 'latin1')
        : Buffer.from(
            Array.from({ length: between(random, 1, 24) }, () => between(random, 0, 255)),
          );
    parts.push(part);
    length += part.length;
  }
  return Buffer.concat(parts).subarray(0, size);
}
