import type { LinkId } from '../at/types';
import type { SendOptions } from '../link/options';
import type { DriverLine, PortBytesLine, SendLine, ToldLine } from './lines';
import { WORD_BYTES } from './record-ring';

/** Kinds of records in the ring. Those that come with every message are words, written in place, for speed. */
export const HOST = 0;
export const DEVICE = 1;
/** JSON. */
export const LINE = 2;
/** {@link writeSend}, then the message. */
export const SEND = 3;
/** A send that succeeded: its number in a word. */
export const SENT = 4;
/** {@link writeMessages} */
export const MESSAGES = 5;

/** Bytes of a record of this kind, without the message of a send. */
export const SEND_BYTES = 4 * WORD_BYTES;
export const SENT_BYTES = WORD_BYTES;
export const MESSAGES_BYTES = 4 * WORD_BYTES;

const WORD = 2 ** 32;
/** Which options are given. */
const has = { opcode: 1, fin: 2, timeoutMs: 4, holdMs: 8 } as const;

/** Words of a {@link SendLine}: call; link, options, opcode and `fin`, a byte each; `timeoutMs`; `holdMs`. Takes any options. */
export function writeSend(
  words: Uint32Array,
  at: number,
  call: number,
  link: LinkId,
  { opcode, fin, timeoutMs, holdMs }: Omit<SendOptions, 'signal'>,
): void {
  const given =
    (opcode === undefined ? 0 : has.opcode) |
    (fin === undefined ? 0 : has.fin) |
    (timeoutMs === undefined ? 0 : has.timeoutMs) |
    (holdMs === undefined ? 0 : has.holdMs);
  words[at] = call;
  words[at + 1] =
    link | (given << 8) | (((opcode ?? 0) & 0xff) << 16) | (fin === false ? 0 : 1 << 24);
  words[at + 2] = timeoutMs ?? 0;
  words[at + 3] = holdMs ?? 0;
}

function readSend(words: Uint32Array, bytes: Buffer): SendLine {
  const [call = 0, packed = 0, timeoutMs = 0, holdMs = 0] = words;
  const given = packed >>> 8;
  return {
    call,
    to: 'send',
    link: linkOf(packed),
    options: {
      ...(given & has.opcode && { opcode: (packed >>> 16) & 0xff }),
      ...(given & has.fin && { fin: packed >>> 24 === 1 }),
      ...(given & has.timeoutMs && { timeoutMs }),
      ...(given & has.holdMs && { holdMs }),
    },
    bytes: bytes.toString('latin1', SEND_BYTES),
  };
}

/** Words of received messages: link, how many, their bytes in two words. */
export function writeMessages(
  words: Uint32Array,
  at: number,
  link: LinkId,
  messages: number,
  bytes: number,
): void {
  words[at] = link;
  words[at + 1] = messages;
  words[at + 2] = bytes % WORD;
  words[at + 3] = bytes / WORD;
}

function readMessages([link = 0, messages = 0, low = 0, high = 0]: Uint32Array): ToldLine {
  return { messages, bytes: low + high * WORD, link: linkOf(link) };
}

/** Returns the line of a record. @param bytes aligned to a word, except for kinds without words */
export function decode(kind: number, bytes: Buffer): DriverLine | PortBytesLine {
  switch (kind) {
    case HOST:
      return { host: bytes.toString('latin1') };
    case DEVICE:
      return { device: bytes.toString('latin1') };
    case SEND:
      return readSend(wordsOf(bytes), bytes);
    case SENT:
      return { settled: wordsOf(bytes)[0] ?? 0 };
    case MESSAGES:
      return readMessages(wordsOf(bytes));
    default:
      return JSON.parse(bytes.toString()) as DriverLine;
  }
}

function wordsOf({ buffer, byteOffset, length }: Buffer): Uint32Array {
  return new Uint32Array(buffer, byteOffset, Math.floor(length / WORD_BYTES));
}

function linkOf(word: number): LinkId {
  const link = word & 0xff;
  return link === 1 || link === 2 ? link : 0;
}
