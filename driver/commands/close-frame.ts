import { EspAtError } from '../errors';
import { closeReasonFlaw, isCloseCode } from '../values/close-frame';
import { shown } from '../values/text';

/**
 * Returns the payload of a close frame (RFC 6455, section 5.5.1). Never empty: older firmware cannot send empty frames.
 * @throws EspAtError `INVALID_CLOSE_CODE`, `INVALID_PAYLOAD`
 */
export function closePayload(code: unknown = 1000, reason: unknown = ''): Buffer {
  if (!isCloseCode(code)) throw new EspAtError('INVALID_CLOSE_CODE', { closeCode: shown(code) });
  const flaw = closeReasonFlaw(reason);
  if (flaw) throw new EspAtError('INVALID_PAYLOAD', flaw);
  const text = Buffer.from(String(reason));
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code);
  text.copy(payload, 2);
  return payload;
}
