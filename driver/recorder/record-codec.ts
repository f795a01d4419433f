import type { LinkId } from '../at/types';
import type { SendOptions } from '../link/options';
import type { DriverLine, PortBytesLine, SendLine, ToldLine } from './lines';

/** Kinds of records in the ring. Those that come with every message have a form of their own, for speed. */
export const HOST = 0;
export const DEVICE = 1;
/** JSON. */
export const LINE = 2;
/** {@link encodeSend} */
export const SEND = 3;
/** A send that succeeded: its number (4). */
export const SENT = 4;
/** Messages: link (1), how many (4), their bytes (6). */
export const MESSAGES = 5;

/** Call (4), link (1), which options are there (1), opcode (1), `fin` (1), `timeoutMs` (4), `holdMs` (4). */
const SEND_HEAD_BYTES = 16;
const has = { opcode: 1, fin: 2, timeoutMs: 4, holdMs: 8 } as const;

/** Encodes a {@link SendLine}. Takes any options: they may be invalid. */
export function encodeSend(
  call: number,
  link: LinkId,
  { opcode, fin, timeoutMs, holdMs }: Omit<SendOptions, 'signal'>,
  bytes: Uint8Array,
): Buffer {
  const record = Buffer.allocUnsafe(SEND_HEAD_BYTES + bytes.length);
  record.writeUInt32LE(call >>> 0, 0);
  record[4] = link;
  record[5] =
    (opcode === undefined ? 0 : has.opcode) |
    (fin === undefined ? 0 : has.fin) |
    (timeoutMs === undefined ? 0 : has.timeoutMs) |
    (holdMs === undefined ? 0 : has.holdMs);
  record[6] = opcode ?? 0;
  record[7] = fin === false ? 0 : 1;
  record.writeUInt32LE((timeoutMs ?? 0) >>> 0, 8);
  record.writeUInt32LE((holdMs ?? 0) >>> 0, 12);
  record.set(bytes, SEND_HEAD_BYTES);
  return record;
}

function decodeSend(record: Buffer): SendLine {
  const given = record[5] ?? 0;
  return {
    call: record.readUInt32LE(0),
    to: 'send',
    link: linkOf(record[4]),
    options: {
      ...(given & has.opcode && { opcode: record[6] ?? 0 }),
      ...(given & has.fin && { fin: record[7] === 1 }),
      ...(given & has.timeoutMs && { timeoutMs: record.readUInt32LE(8) }),
      ...(given & has.holdMs && { holdMs: record.readUInt32LE(12) }),
    },
    bytes: record.toString('latin1', SEND_HEAD_BYTES),
  };
}

export function encodeSent(call: number): Buffer {
  const record = Buffer.allocUnsafe(4);
  record.writeUInt32LE(call >>> 0, 0);
  return record;
}

export function encodeMessages(link: LinkId, messages: number, bytes: number): Buffer {
  const record = Buffer.allocUnsafe(11);
  record[0] = link;
  record.writeUInt32LE(messages, 1);
  record.writeUIntLE(bytes, 5, 6);
  return record;
}

function decodeMessages(record: Buffer): ToldLine {
  const link = linkOf(record[0]);
  return { messages: record.readUInt32LE(1), bytes: record.readUIntLE(5, 6), link };
}

/** Returns the line of a record. */
export function decode(kind: number, raw: Uint8Array): DriverLine | PortBytesLine {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.length);
  switch (kind) {
    case HOST:
      return { host: bytes.toString('latin1') };
    case DEVICE:
      return { device: bytes.toString('latin1') };
    case SEND:
      return decodeSend(bytes);
    case SENT:
      return { settled: bytes.readUInt32LE(0) };
    case MESSAGES:
      return decodeMessages(bytes);
    default:
      return JSON.parse(bytes.toString()) as DriverLine;
  }
}

function linkOf(byte: number | undefined): LinkId {
  return byte === 1 || byte === 2 ? byte : 0;
}
