import { shown } from './check';
import { EspAtError } from '../errors';

/** Bytes of a close reason at most (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;

/**
 * Returns the payload of a close frame: a 2-byte code and a reason (RFC 6455, section 5.5.1). It is never empty,
 * because older firmware cannot send empty frames.
 * @throws EspAtError `INVALID_CLOSE_CODE`, `INVALID_PAYLOAD`
 */
export function closePayload(code: unknown = 1000, reason: unknown = ''): Buffer {
  if (!maySend(code)) throw new EspAtError('INVALID_CLOSE_CODE', { closeCode: shown(code) });
  if (typeof reason !== 'string') {
    throw new EspAtError('INVALID_PAYLOAD', { reason: 'CLOSE_REASON_NOT_TEXT' });
  }
  const text = Buffer.from(reason);
  if (text.length > MAX_REASON_BYTES) {
    throw new EspAtError('INVALID_PAYLOAD', {
      reason: 'CLOSE_REASON_TOO_LONG',
      length: text.length,
      max: MAX_REASON_BYTES,
    });
  }
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  return payload;
}

/** Whether an endpoint may send the code in a close frame (RFC 6455, section 7.4, and the IANA registry). */
function maySend(code: unknown): code is number {
  if (typeof code !== 'number' || !Number.isInteger(code)) return false;
  return (
    (code >= 1000 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999)
  );
}
