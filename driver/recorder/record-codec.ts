import type { LinkId } from '../at/types';
import type { SendOptions } from '../link/options';
import type { DriverLine, PortBytesLine, SendLine, DriverEventLine } from './lines';
import { WORD_BYTES } from './record-ring';

/** Kinds of records in the ring. For speed the frequent ones are words that the recorder writes in place. */
export const HOST = 0;
export const DEVICE = 1;
/** JSON. */
export const LINE = 2;
/** {@link writeSend}, then the message. */
export const SEND = 3;
/** A send that has succeeded: the number of the call in a word. */
export const SENT = 4;
/** {@link writeMessages} */
export const MESSAGES = 5;

/** Bytes of a record of this kind, without the message of a send. */
export const SEND_BYTES = 4 * WORD_BYTES;
export const SENT_BYTES = WORD_BYTES;
export const MESSAGES_BYTES = 4 * WORD_BYTES;

const WORD_VALUES = 2 ** 32;
/** Bits of the options that a send sets. */
const OPTION_BITS = { opcode: 1, fin: 2, timeoutMs: 4, holdMs: 8 } as const;

/** Writes a {@link SendLine}: call; link, option bits, opcode and `fin`, a byte each; `timeoutMs`; `holdMs`. Takes any options. */
export function writeSend(
  words: Uint32Array,
  at: number,
  call: number,
  link: LinkId,
  { opcode, fin, timeoutMs, holdMs }: Omit<SendOptions, 'signal'>,
): void {
  const given =
    (opcode === undefined ? 0 : OPTION_BITS.opcode) |
    (fin === undefined ? 0 : OPTION_BITS.fin) |
    (timeoutMs === undefined ? 0 : OPTION_BITS.timeoutMs) |
    (holdMs === undefined ? 0 : OPTION_BITS.holdMs);
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
      ...(given & OPTION_BITS.opcode && { opcode: (packed >>> 16) & 0xff }),
      ...(given & OPTION_BITS.fin && { fin: packed >>> 24 === 1 }),
      ...(given & OPTION_BITS.timeoutMs && { timeoutMs }),
      ...(given & OPTION_BITS.holdMs && { holdMs }),
    },
    bytes: bytes.toString('latin1', SEND_BYTES),
  };
}

/** Writes a count of messages: link, messages, and their bytes in two words. */
export function writeMessages(
  words: Uint32Array,
  at: number,
  link: LinkId,
  messages: number,
  bytes: number,
): void {
  words[at] = link;
  words[at + 1] = messages;
  words[at + 2] = bytes % WORD_VALUES;
  words[at + 3] = bytes / WORD_VALUES;
}

function readMessages([link = 0, messages = 0, low = 0, high = 0]: Uint32Array): DriverEventLine {
  return { messages, bytes: low + high * WORD_VALUES, link: linkOf(link) };
}

/**
 * Returns the line of a record; undefined where the ring had no room for its JSON, and has cut it.
 * @param bytes aligned to a word where the kind consists of words
 */
export function decode(kind: number, bytes: Buffer): DriverLine | PortBytesLine | undefined {
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
      return parseLine(bytes.toString());
  }
}

function parseLine(text: string): DriverLine | undefined {
  try {
    return JSON.parse(text) as DriverLine;
  } catch {
    return undefined;
  }
}

function wordsOf({ buffer, byteOffset, length }: Buffer): Uint32Array {
  return new Uint32Array(buffer, byteOffset, Math.floor(length / WORD_BYTES));
}

function linkOf(word: number): LinkId {
  const link = word & 0xff;
  return link === 1 || link === 2 ? link : 0;
}
