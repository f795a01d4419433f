/** Takes up to `count` bytes from the buffers at the start of a list, but none behind a function. */
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
