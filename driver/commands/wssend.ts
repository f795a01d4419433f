import type { Command } from '../at/command';
import type { LinkId } from '../at/types';
import type { Reason } from '../error-reasons';
import { EspAtError, type ErrorDetails } from '../errors';
import { build } from './build';
import { hasLoneSurrogate, shown } from '../values/text';
import { isWhole } from '../values/whole';
import { checkTimeout, type Unchecked } from './check';

/** Bytes that a control frame carries at most (RFC 6455, section 5.5). */
export const MAX_CONTROL_BYTES = 125;
/** Opcodes (RFC 6455, section 5.2). */
const TEXT_OPCODE = 1;
/** The lowest opcode of a control frame. */
export const CLOSE_OPCODE = 8;
export const PING_OPCODE = 9;
/** Not empty: classes A-C send no empty frames. */
const PING_PAYLOAD = Buffer.from('?');
/** Default and longest timeout of `AT+WSSEND`. */
export const DEFAULT_SEND_TIMEOUT_MS = 10_000;
const MAX_SEND_TIMEOUT_MS = 60_000;
/** Milliseconds beyond the timeout: the ERROR came up to 10 s after it. */
const SEND_LEEWAY_MS = 15_000;

interface SendTraits {
  readonly opcode?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly fin?: boolean | undefined;
}

/**
 * `AT+WSSEND`: sends a payload, in one frame or in as many as the firmware makes of it. An empty payload has no prompt
 * (class D; older firmware refuses it). `fin` is for class D only.
 * @throws EspAtError `INVALID_PAYLOAD`, `INVALID_OPCODE`, `INVALID_TIMEOUT`, each with the outcome `not-sent`
 */
export function wssend(link: LinkId, payload: Uint8Array, options: SendTraits = {}): Command {
  try {
    return command(link, payload, options);
  } catch (error) {
    if (!(error instanceof EspAtError)) throw error;
    throw new EspAtError(error.code, error.details, { outcome: 'not-sent' });
  }
}

function command(link: LinkId, bytes: Uint8Array, options: Unchecked<SendTraits>): Command {
  const opcode = checkOpcode(options.opcode ?? TEXT_OPCODE);
  const timeout = checkTimeout(
    options.timeoutMs ?? DEFAULT_SEND_TIMEOUT_MS,
    0,
    MAX_SEND_TIMEOUT_MS,
  );
  const fin = options.fin ?? true;
  if (typeof fin !== 'boolean') throw invalidPayload('NOT_BOOLEAN');
  if (!fin && opcode > 2) throw invalidPayload('NOT_FRAGMENTABLE');
  if (opcode >= CLOSE_OPCODE && bytes.length > MAX_CONTROL_BYTES) {
    throw invalidPayload('CONTROL_TOO_LONG', { max: MAX_CONTROL_BYTES });
  }
  const defaults = [TEXT_OPCODE, DEFAULT_SEND_TIMEOUT_MS, 1];
  const values = [opcode, timeout, fin ? 1 : 0];
  // Leaves out defaults at the end: the firmware accepts no empty field.
  while (values.length > 0 && values.at(-1) === defaults[values.length - 1]) values.pop();
  return build(`AT+WSSEND=${[link, bytes.length, ...values].join(',')}`, {
    name: `AT+WSSEND=${link}`,
    success: 'SEND OK',
    timeoutMs: timeout + SEND_LEEWAY_MS,
    ...(bytes.length > 0 && { payload: bytes }),
  });
}

/**
 * Copies the bytes of a message: the caller may change its bytes at once.
 * @throws EspAtError `INVALID_PAYLOAD`, with the outcome `not-sent`
 */
export function payloadBytes(payload: unknown): Buffer {
  if (payload instanceof Uint8Array) return Buffer.from(payload);
  if (typeof payload === 'string' && !hasLoneSurrogate(payload)) return Buffer.from(payload);
  const reason = typeof payload === 'string' ? 'LONE_SURROGATE' : 'NOT_BYTES';
  throw new EspAtError('INVALID_PAYLOAD', { reason }, { outcome: 'not-sent' });
}

/** Timeout of the `AT+WSSEND` of a ping, in milliseconds; its ERROR may come up to 10 s later. */
export const PING_SEND_TIMEOUT_MS = 300;

export function wsping(link: LinkId): Command {
  return wssend(link, PING_PAYLOAD, { opcode: PING_OPCODE, timeoutMs: PING_SEND_TIMEOUT_MS });
}

/** `AT+WSDATAFMT`: sets the long format of the link's `+WS_DATA`, with opcode, fin and both lengths (class D). */
export function wsdatafmt(link: LinkId): Command {
  return build(`AT+WSDATAFMT=${link},0,55`, { name: `AT+WSDATAFMT=${link}`, idempotent: true });
}

function checkOpcode(opcode: unknown): number {
  if (isWhole(opcode, 0, 15)) return opcode;
  throw new EspAtError('INVALID_OPCODE', { opcode: shown(opcode) });
}

function invalidPayload(reason: Reason, details: ErrorDetails = {}): EspAtError {
  return new EspAtError('INVALID_PAYLOAD', { reason, ...details });
}
