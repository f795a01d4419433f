/** Bytes that `escaped` of values/text.ts escapes. Their placeholder needs an escape too, so that lengths stay equal. */
const ESCAPED_BYTES: ReadonlySet<number> = new Set(Buffer.from('",\\'));
const LINE_END_BYTES: ReadonlySet<number> = new Set(Buffer.from('\r\n'));
const COMMA = ','.charCodeAt(0);
const STAR = '*'.charCodeAt(0);

/**
 * Returns the placeholder of a secret in a recording. It has the length of the secret, and in quoted form the length of the
 * quoted secret. Line ends stay, because they frame PEM texts.
 */
export function placeholderOf(secret: Uint8Array): Buffer {
  const placeholder = (byte: number) => {
    if (LINE_END_BYTES.has(byte)) return byte;
    return ESCAPED_BYTES.has(byte) ? COMMA : STAR;
  };
  return Buffer.from(secret.map(placeholder));
}

/** As {@link placeholderOf}, for a text. */
export function placeholderText(secret: string): string {
  return placeholderOf(Buffer.from(secret)).toString('latin1');
}
