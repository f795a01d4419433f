import { types } from 'node:util';
import type { Node, NodeAPI, NodeDef, NodeMessageInFlow } from 'node-red';
import { EspAtError } from '../../../driver/errors';
import { shown } from '../../../driver/values/text';
import { isWhole } from '../../../driver/values/whole';
import type { Range } from '../checks/refusal';
import { isFixed, type Source } from '../checks/source';
import type { FlowReason } from '../errors/node-error';
import { messageTimeout, settingNumber } from '../settings/settings';
import { readAll, reader, settingSource, type ReadSetting } from '../settings/sources';

/** Opcodes of RFC 6455, section 11.8, by name. */
const opcodes: Readonly<Record<string, number>> = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
};

/** The settings that ws-send and ws-request share, as their dialogs store them. */
export interface SendContentDef extends NodeDef {
  device?: string;
  link?: string | number;
  /** What to send: a property of the message unless `payloadType` says otherwise. */
  payload?: string;
  payloadType?: Source;
  /** Milliseconds; empty is the default of the firmware (ws-send) or the driver (ws-request). */
  timeout?: string | number;
  timeoutType?: Source;
  /** What to do while the link is not open. */
  whenAway?: 'fail' | 'hold';
  holdSeconds?: string | number;
}

/** What ws-send and ws-request send for one message. */
export interface SendContent {
  /** The value that the payload was made of. */
  readonly value: unknown;
  readonly payload: Uint8Array | string;
  readonly opcode: number;
  readonly timeoutMs: number | undefined;
}

/** Reads what to send for each message. */
export class SendContentReader {
  readonly #readPayload: ReadSetting;
  readonly #readTimeout: ReadSetting;
  readonly #timeoutMs: number | undefined;
  readonly #timeoutRange: Range;
  /** How long a message waits for a link that is not open; 0: it fails at once. */
  readonly holdMs: number;

  constructor(RED: NodeAPI, node: Node, def: SendContentDef, timeoutRange: Range) {
    const { payload = 'payload', payloadType = 'msg', timeout, timeoutType } = def;
    this.#readPayload = reader(RED, node, 'payload', payload, payloadType);
    this.#readTimeout =
      settingSource(RED, node, 'timeout', timeout, timeoutType) ?? ((msg) => msg.timeout);
    this.#timeoutMs = isFixed(timeoutType) ? settingNumber(RED, node, timeout) : undefined;
    this.#timeoutRange = timeoutRange;
    const holdSeconds = settingNumber(RED, node, def.holdSeconds) ?? 30;
    this.holdMs = def.whenAway === 'hold' ? holdSeconds * 1000 : 0;
  }

  /**
   * Returns at once, or a promise where a value takes time.
   * @throws FlowError `INVALID_PAYLOAD`, `INVALID_OPCODE`, `INVALID_TIMEOUT`, `VALUE_UNREADABLE`
   */
  read(msg: NodeMessageInFlow): SendContent | Promise<SendContent> {
    const values = readAll(msg, [this.#readPayload, this.#readTimeout]);
    const content = ([value, timeout]: readonly unknown[]) => ({
      value,
      ...payloadOf(value, msg.opcode),
      timeoutMs: messageTimeout(timeout, this.#timeoutRange) ?? this.#timeoutMs,
    });
    return values instanceof Promise ? values.then(content) : content(values);
  }
}

/**
 * Converts strings, numbers and booleans to text, bytes to binary, other objects to JSON text; `opcode` overrides the
 * opcode.
 */
function payloadOf(value: unknown, opcode: unknown): Pick<SendContent, 'payload' | 'opcode'> {
  const payload = contentOf(value);
  const natural = typeof payload === 'string' ? 1 : 2;
  return { payload, opcode: opcodeOf(opcode) ?? natural };
}

function opcodeOf(opcode: unknown): number | undefined {
  if (opcode === undefined || opcode === null || opcode === '') return undefined;
  const number =
    typeof opcode === 'string' ? (opcodes[opcode.toLowerCase()] ?? digits(opcode)) : opcode;
  if (isWhole(number, 0, 15)) return number;
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
