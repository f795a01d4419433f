/** The `+WS_DATA` of text messages from a device of class D, the links in turns. */
export function dataUrcs(count: number, links: number, payload: number): Buffer {
  const text = 'x'.repeat(payload);
  const lines = Array.from(
    { length: count },
    (_, index) => `+WS_DATA:${index % links},1,1,${payload},${payload},${text}\r\n`,
  );
  return Buffer.from(lines.join(''));
}

/** Cuts bytes into chunks of `size`. */
export function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
