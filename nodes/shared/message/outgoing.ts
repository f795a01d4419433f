import { types } from 'node:util';
import { shown } from '../../../driver/values/text';
import { EspAtError } from '../../../driver/errors';
import type { FlowReason } from '../errors/node-error';

/** Opcodes of RFC 6455, section 11.8, by name. */
const opcodes: Readonly<Record<string, number>> = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
};

/** The payload and opcode of a message to send. */
export interface Outgoing {
  readonly payload: Uint8Array | string;
  readonly opcode: number;
}

/**
 * Converts `msg.payload`: strings, numbers and booleans to text, bytes to binary, other objects to JSON text.
 * `msg.opcode` overrides the opcode.
 * @throws EspAtError `INVALID_PAYLOAD`, `INVALID_OPCODE`
 */
export function outgoing(payload: unknown, opcode: unknown): Outgoing {
  const content = contentOf(payload);
  const natural = typeof content === 'string' ? 1 : 2;
  return { payload: content, opcode: opcodeOf(opcode) ?? natural };
}

/** @throws EspAtError `INVALID_OPCODE` */
function opcodeOf(opcode: unknown): number | undefined {
  if (opcode === undefined || opcode === null || opcode === '') return undefined;
  const number =
    typeof opcode === 'string' ? (opcodes[opcode.toLowerCase()] ?? digits(opcode)) : opcode;
  if (typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 15) {
    return number;
  }
  throw new EspAtError('INVALID_OPCODE', { opcode: shown(opcode) });
}

function digits(text: string): number | undefined {
  return /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

function contentOf(payload: unknown): Uint8Array | string {
  switch (typeof payload) {
    case 'string':
      return payload;
    case 'number':
    case 'bigint':
    case 'boolean':
      return String(payload);
    case 'object':
      if (payload === null) throw invalid('WRONG_TYPE', 'null');
      return bytesOf(payload) ?? json(payload);
    default:
      throw invalid('WRONG_TYPE', typeof payload);
  }
}

/** The bytes of a Buffer, ArrayBuffer or view. A Function node has typed arrays of another realm. */
function bytesOf(payload: object): Uint8Array | undefined {
  if (payload instanceof Uint8Array) return payload;
  if (types.isAnyArrayBuffer(payload)) return new Uint8Array(payload);
  if (!ArrayBuffer.isView(payload)) return undefined;
  return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
}

function json(payload: object): string {
  try {
    // Undefined if toJSON() returns undefined.
    const text: unknown = JSON.stringify(payload);
    if (typeof text === 'string' && (text !== '{}' || isPlain(payload))) return text;
    if (text === '{}') throw invalid('EMPTY_IN_JSON', nameOf(payload));
  } catch (error) {
    if (error instanceof EspAtError) throw error;
    // The object is circular, or contains a BigInt.
  }
  throw invalid('NOT_SERIALIZABLE');
}

/** Whether an object is a record of values, of this realm or of a Function node's. */
function isPlain(payload: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(payload);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOf(payload: object): string {
  return Object.prototype.toString.call(payload).slice('[object '.length, -1);
}

function invalid(reason: FlowReason, type = ''): EspAtError {
  return new EspAtError('INVALID_PAYLOAD', { reason, type });
}
