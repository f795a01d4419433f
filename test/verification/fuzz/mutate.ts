import type { Random } from '../../../simulator';
import { below, pick } from '../../harness/random';

/** Texts that a parser is likely to misread. */
const tokens: readonly [string, ...string[]] = [
  ...([
    '\r\n',
    '\r',
    '\n',
    '>',
    '\r\n>',
    '\r\nOK\r\n',
    '\r\nERROR\r\n',
    '\r\nSEND OK\r\n',
  ] as const),
  ...['\r\nOK\r\n\r\n>', '\r\nbusy p...\r\n', '\r\nready\r\n', 'AT+WSSEND=0,5\r\n', '+WS_DATA:'],
  ...['+WS_DATA:0,5,hello\r\n', '+WS_DATA:0,1,1,5,5,hello\r\n', '+WS_DATA:0,1,0,9,3,abc\r\n'],
  ...['+WS_DATA:1,16384,', '+WS_DATA:0,2,1,4294967295,16384,', '+WS_DATA:0,0,\r\n', '\0', '\xff'],
  ...['+WS_CLOSED:0\r\n', '+WS_DISCONNECTED:0\r\n', '+WS_CONNECTED:0\r\n', 'WIFI DISCONNECT\r\n'],
  ...['+IPD,0,5:hello', '+IPD,9000:', '\r\nbusy s...\r\n', '0,CLOSED\r\n'],
  ...['+WSOPEN:0,2,"ws://server:80/0"\r\n', '+SYSSTORE:0\r\n', '+CMD:', 'ERR CODE:0x01090000\r\n'],
];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const splice = (bytes: Buffer, at: number, lost: number, put: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + lost)]);

const mutations: readonly [Mutation, ...Mutation[]] = [
  // one bit
  (bytes, random) => {
    const at = below(random, bytes.length);
    return splice(bytes, at, 1, Buffer.of((bytes[at] ?? 0) ^ (1 << below(random, 8))));
  },
  // bytes lost
  (bytes, random) =>
    splice(bytes, below(random, bytes.length), 1 + below(random, 4), Buffer.alloc(0)),
  // a stretch repeated once, or many times
  (bytes, random) => {
    const at = below(random, bytes.length);
    const stretch = bytes.subarray(at, at + 1 + below(random, 40));
    const times = random() < 0.1 ? below(random, 100) : 1;
    return splice(bytes, at, 0, Buffer.concat(Array.from({ length: times }, () => stretch)));
  },
  // noise
  (bytes, random) => {
    const length = random() < 0.05 ? below(random, 4000) : 1 + below(random, 12);
    const noise = Buffer.from(Array.from({ length }, () => below(random, 256)));
    return splice(bytes, below(random, bytes.length + 1), 0, noise);
  },
  // a text with a meaning
  (bytes, random) =>
    splice(bytes, below(random, bytes.length + 1), 0, Buffer.from(pick(random, tokens), 'latin1')),
  // another number
  (bytes, random) => {
    const text = bytes.toString('latin1');
    const digits = [...text.matchAll(/\d+/g)];
    const found = digits[below(random, digits.length)];
    if (!found) return bytes;
    const number = pick(random, [
      '0',
      '1',
      '7',
      '255',
      '2048',
      '16384',
      '16385',
      '4294967296',
      '-1',
    ]);
    return splice(bytes, found.index, found[0].length, Buffer.from(number));
  },
  // a line about as long as a line may be
  (bytes, random) => {
    const long = Buffer.alloc(2030 + below(random, 40), pick(random, ['x', '+', ':', '\r']));
    return splice(bytes, below(random, bytes.length + 1), 0, long);
  },
  // the end cut off
  (bytes, random) => bytes.subarray(0, below(random, bytes.length + 1)),
];

/** One or two recorded outputs with a few mutations; sometimes only noise. */
export function mutant(corpus: readonly Buffer[], random: Random): Buffer {
  if (random() < 0.1) {
    return Buffer.from(Array.from({ length: below(random, 3000) }, () => below(random, 256)));
  }
  const output = () => corpus[below(random, corpus.length)] ?? Buffer.alloc(0);
  let bytes = random() < 0.5 ? output() : Buffer.concat([output(), output()]);
  for (let count = below(random, 6); count > 0; count--)
    bytes = pick(random, mutations)(bytes, random);
  return bytes;
}
