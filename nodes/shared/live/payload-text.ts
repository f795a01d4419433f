/** Bytes of a payload that its hexadecimal form shows. */
const HEX_BYTES = 256;

/**
 * A payload for people: text in UTF-8 as it is, if its only control characters are tab, LF and CR; otherwise in hexadecimal.
 * @param bytes one character each
 */
export function payloadText(bytes: string): string {
  const codes = Uint8Array.from(bytes, (char) => char.charCodeAt(0));
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(codes);
    if (!/(?![\t\n\r])\p{Cc}/u.test(text)) return text;
  } catch {
    // Binary.
  }
  const shown = Array.from(codes.subarray(0, HEX_BYTES), (code) =>
    code.toString(16).padStart(2, '0'),
  );
  return `${shown.join(' ')}${codes.length > HEX_BYTES ? ' …' : ''}`;
}
