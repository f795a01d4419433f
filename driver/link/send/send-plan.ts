import { EspAtError } from '../../errors';

/** One `AT+WSSEND` of a message: the bytes from `start` up to `end`. */
export interface PlannedSend {
  readonly start: number;
  readonly end: number;
  readonly opcode: number;
  readonly fin: boolean;
}

export interface SendPlanOptions {
  readonly opcode: number;
  /** False leaves the message open for further fragments. */
  readonly fin: boolean;
  /** Bytes that one `AT+WSSEND` takes. */
  readonly maxSend: number;
  /** Whether the firmware can send fragments and empty frames (class D). */
  readonly fragments: boolean;
}

/** Opcode of a continuation frame (RFC 6455, section 5.4). */
export const CONTINUATION = 0;

/**
 * Splits a message into parts: one where it fits, otherwise fragments. A fragmented message ends with an empty frame,
 * because the firmware loses the payload of a final continuation.
 * @throws EspAtError `PAYLOAD_TOO_LONG`, `EMPTY_NOT_SUPPORTED`
 */
export function planSends(length: number, options: SendPlanOptions): PlannedSend[] {
  const { opcode, fin, maxSend, fragments } = options;
  if (length === 0 && !fragments) {
    throw new EspAtError('EMPTY_NOT_SUPPORTED', {}, { outcome: 'not-sent' });
  }
  const losesPayload = opcode === CONTINUATION && fin && fragments && length > 0;
  if (length <= maxSend && !losesPayload) return [{ start: 0, end: length, opcode, fin }];
  if (!fragments) {
    throw new EspAtError('PAYLOAD_TOO_LONG', { length, limit: maxSend }, { outcome: 'not-sent' });
  }
  const plan: PlannedSend[] = [];
  for (let start = 0; start < length; start += maxSend) {
    const end = Math.min(length, start + maxSend);
    plan.push({ start, end, opcode: start === 0 ? opcode : CONTINUATION, fin: false });
  }
  if (fin) plan.push({ start: length, end: length, opcode: CONTINUATION, fin: true });
  return plan;
}
