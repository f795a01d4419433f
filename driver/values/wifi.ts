import type { Flaw } from './flaw';
import { textReason, utf8Length } from './text';

/** Bytes of an SSID (IEEE 802.11, section 9.4.2.2). */
const MAX_SSID_BYTES = 32;
/** Bytes of a WPA passphrase (IEEE 802.11, annex J.4). */
const MIN_PASSPHRASE_BYTES = 8;
const MAX_PASSPHRASE_BYTES = 63;
/** A WPA key, in place of a passphrase. */
const WPA_KEY = /^[0-9a-f]{64}$/i;
/** Characters of a short WEP key; a long one has the length of a passphrase. */
const SHORT_WEP_KEY_BYTES = 5;

/** Returns why a value is not a network name. */
export function ssidFlaw(ssid: unknown): Flaw | undefined {
  if (typeof ssid !== 'string') return { reason: 'NOT_TEXT' };
  const reason = textReason(ssid) ?? (ssid === '' ? 'EMPTY' : undefined);
  if (reason !== undefined) return { reason };
  const length = utf8Length(ssid);
  return length > MAX_SSID_BYTES
    ? { reason: 'TOO_MANY_BYTES', length, max: MAX_SSID_BYTES }
    : undefined;
}

/** Returns why a value cannot be a Wi-Fi password. An empty one means an open network. */
export function passwordFlaw(password: unknown): Flaw | undefined {
  if (typeof password !== 'string') return { reason: 'NOT_TEXT' };
  const reason = textReason(password);
  if (reason !== undefined) return { reason };
  const length = utf8Length(password);
  const isPassphrase = length >= MIN_PASSPHRASE_BYTES && length <= MAX_PASSPHRASE_BYTES;
  if (length === 0 || length === SHORT_WEP_KEY_BYTES || isPassphrase || WPA_KEY.test(password))
    return undefined;
  return { reason: 'NOT_PASSWORD', length };
}

/** Returns why a value is not a BSSID such as `aa:bb:cc:dd:ee:ff`. */
export function bssidFlaw(bssid: unknown): Flaw | undefined {
  const fits = typeof bssid === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(bssid);
  return fits ? undefined : { reason: 'NOT_BSSID' };
}
