/** Takes up to `count` bytes from the start of a queue of buffers and callbacks, stopping at the first callback. */
export function takeBytes(list: (Buffer | (() => void))[], count: number): Buffer {
  const parts: Buffer[] = [];
  for (let missing = count; missing > 0;) {
    const [first] = list;
    if (!first || typeof first === 'function') break;
    const part = first.subarray(0, missing);
    if (part.length === first.length) list.shift();
    else list[0] = first.subarray(part.length);
    parts.push(part);
    missing -= part.length;
  }
  const [only] = parts;
  return parts.length === 1 && only ? only : Buffer.concat(parts);
}
