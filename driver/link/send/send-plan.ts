import type { Command } from '../../at/command';
import type { LinkId } from '../../at/types';
import { wssend } from '../../commands/wssend';
import type { Capabilities } from '../../device/options';
import { EspAtError } from '../../errors';
import type { SendOptions } from '../options';

/** One part of a message, sent by one `AT+WSSEND`: the bytes from `start` up to `end`. */
interface Part {
  readonly start: number;
  readonly end: number;
  readonly opcode: number;
  readonly fin: boolean;
}

interface SendPlanOptions {
  readonly opcode: number;
  /** Whether the message ends with it; otherwise it stays open for further fragments. */
  readonly fin: boolean;
  /** Bytes that one `AT+WSSEND` takes. */
  readonly maxSend: number;
  /** Whether the firmware can send fragments and empty frames (class D). */
  readonly fragments: boolean;
}

/** Opcode of a continuation frame (RFC 6455, section 5.4). */
const CONTINUATION = 0;

/**
 * Returns the commands that send a message on this firmware.
 * @param bufferBytes buffer size of the link
 * @throws EspAtError `FRAGMENTS_NOT_SUPPORTED`, `PAYLOAD_TOO_LONG`, `EMPTY_NOT_SUPPORTED`, all `not-sent`
 */
export function sendCommands(
  link: LinkId,
  bytes: Uint8Array,
  options: SendOptions,
  capabilities: Capabilities,
  bufferBytes: number,
): Command[] {
  const { opcode = 1, fin = true, timeoutMs } = options;
  const { fragments, misframes } = capabilities;
  const maxSend = misframes ? Math.min(bufferBytes, capabilities.maxSend) : capabilities.maxSend;
  // Without fragments there is no message to continue: a server treats a continuation as an error.
  if ((!fin || opcode === CONTINUATION) && !fragments)
    throw new EspAtError('FRAGMENTS_NOT_SUPPORTED', {}, { outcome: 'not-sent' });
  return planSends(bytes.length, { opcode, fin, maxSend, fragments }).map((part) =>
    wssend(link, bytes.subarray(part.start, part.end), {
      opcode: part.opcode,
      timeoutMs,
      fin: fragments ? part.fin : undefined,
    }),
  );
}

/**
 * Splits a message into parts: one where it fits, otherwise fragments. A fragmented message ends with an empty frame,
 * because the firmware loses the payload of a final continuation.
 * @throws EspAtError `PAYLOAD_TOO_LONG`, `EMPTY_NOT_SUPPORTED`
 */
export function planSends(length: number, options: SendPlanOptions): Part[] {
  const { opcode, fin, maxSend, fragments } = options;
  if (length === 0 && !fragments) {
    throw new EspAtError('EMPTY_NOT_SUPPORTED', {}, { outcome: 'not-sent' });
  }
  const losesPayload = opcode === CONTINUATION && fin && fragments && length > 0;
  if (length <= maxSend && !losesPayload) return [{ start: 0, end: length, opcode, fin }];
  if (!fragments) {
    throw new EspAtError('PAYLOAD_TOO_LONG', { length, limit: maxSend }, { outcome: 'not-sent' });
  }
  const plan: Part[] = [];
  for (let start = 0; start < length; start += maxSend) {
    const end = Math.min(length, start + maxSend);
    plan.push({ start, end, opcode: start === 0 ? opcode : CONTINUATION, fin: false });
  }
  if (fin) plan.push({ start: length, end: length, opcode: CONTINUATION, fin: true });
  return plan;
}
