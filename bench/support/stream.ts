/** The `+WS_DATA` of a text message from a device of class D; the text is ASCII. */
export const dataUrc = (link: number, text: string): string =>
  `+WS_DATA:${link},1,1,${text.length},${text.length},${text}\r\n`;

/** The `+WS_DATA` of messages of `payload` bytes, the links in turns. */
export function dataUrcs(count: number, links: number, payload: number): Buffer {
  const text = 'x'.repeat(payload);
  const urcs = Array.from({ length: count }, (_, index) => dataUrc(index % links, text));
  return Buffer.from(urcs.join(''));
}

/** Cuts bytes into chunks of `size`. */
export function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
