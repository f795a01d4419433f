/** Reports of a device of class D with text messages, the links taking turns, as one stream of bytes. */
export function reports(count: number, links: number, payload: number): Buffer {
  const text = 'x'.repeat(payload);
  const lines = Array.from(
    { length: count },
    (_, index) => `+WS_DATA:${index % links},1,1,${payload},${payload},${text}\r\n`,
  );
  return Buffer.from(lines.join(''));
}

/** Cut to pieces of `size` bytes, as a port brings them. */
export function cut(bytes: Buffer, size: number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}
