/** Bytes that {@link quote} escapes: their placeholders are escaped too, so that lengths stay equal. */
const escaped: ReadonlySet<number> = new Set(Buffer.from('",\\'));
const lineEnds: ReadonlySet<number> = new Set(Buffer.from('\r\n'));
const COMMA = ','.charCodeAt(0);
const STAR = '*'.charCodeAt(0);

/**
 * Returns what stands for a secret in a recording: as many bytes, and quoted to as many. Line ends stay, since they
 * frame PEM texts.
 */
export function placeholderOf(secret: Uint8Array): Buffer {
  const fill = (byte: number) => (lineEnds.has(byte) ? byte : escaped.has(byte) ? COMMA : STAR);
  return Buffer.from(secret.map(fill));
}

/** As {@link placeholderOf}, for a text. */
export function placeholderText(secret: string): string {
  return placeholderOf(Buffer.from(secret)).toString('latin1');
}
