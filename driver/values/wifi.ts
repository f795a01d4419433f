import type { Flaw } from './flaw';
import { textFlaw, utf8Length } from './text';

/** Bytes of an SSID (IEEE 802.11, section 9.4.2.2). */
const MAX_SSID_BYTES = 32;
/** Bytes of a WPA passphrase (IEEE 802.11, annex J.4), and digits of a key in its place. */
const MIN_PASSPHRASE_BYTES = 8;
const MAX_PASSPHRASE_BYTES = 63;
const key = /^[0-9a-f]{64}$/i;
/** Characters of the shortest WEP key; longer ones have the length of a passphrase. */
const WEP_KEY_BYTES = 5;

/** Why a text is no network name, or undefined. */
export function ssidFlaw(ssid: unknown): Flaw | undefined {
  if (typeof ssid !== 'string') return { reason: 'NOT_TEXT' };
  const reason = textFlaw(ssid) ?? (ssid === '' ? 'EMPTY' : undefined);
  if (reason !== undefined) return { reason };
  const length = utf8Length(ssid);
  return length > MAX_SSID_BYTES
    ? { reason: 'TOO_MANY_BYTES', length, max: MAX_SSID_BYTES }
    : undefined;
}

/** Why no network can have a password, or undefined. Empty is an open network. */
export function passwordFlaw(password: unknown): Flaw | undefined {
  if (typeof password !== 'string') return { reason: 'NOT_TEXT' };
  const reason = textFlaw(password);
  if (reason !== undefined) return { reason };
  const length = utf8Length(password);
  const fits = length >= MIN_PASSPHRASE_BYTES && length <= MAX_PASSPHRASE_BYTES;
  if (length === 0 || length === WEP_KEY_BYTES || fits || key.test(password)) return undefined;
  return { reason: 'NOT_PASSWORD', length };
}

/** Why a text is no `aa:bb:cc:dd:ee:ff`, or undefined. */
export function bssidFlaw(bssid: unknown): Flaw | undefined {
  const fits = typeof bssid === 'string' && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(bssid);
  return fits ? undefined : { reason: 'NOT_BSSID' };
}
