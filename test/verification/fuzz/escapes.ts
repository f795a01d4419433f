/** Reads bytes with the escapes `\r \n \t \xNN \\`; all other text is itself. */
export function unescapeBytes(text: string): Buffer {
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const hex = /^\\x([0-9a-fA-F]{2})/.exec(text.slice(index, index + 4))?.[1];
    const next = text[index] === '\\' ? text[index + 1] : undefined;
    if (hex !== undefined) {
      bytes.push(parseInt(hex, 16));
      index += 3;
    } else if (next === 'r' || next === 'n' || next === 't' || next === '\\') {
      bytes.push({ r: 13, n: 10, t: 9, '\\': 92 }[next]);
      index++;
    } else {
      bytes.push(...Buffer.from(text[index] ?? ''));
    }
  }
  return Buffer.from(bytes);
}

/** Formats bytes as {@link unescapeBytes} reads them: printable ASCII as it is, the rest escaped. */
export function escapeBytes(bytes: Buffer): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 13) text += '\\r';
    else if (byte === 10) text += '\\n';
    else if (byte === 92) text += '\\\\';
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}
