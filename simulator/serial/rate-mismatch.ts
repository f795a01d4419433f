/** Start bit, eight data bits, stop bit. */
const FRAME_BITS = 10;

/**
 * The bytes that a UART reads at one rate when the other end sends at another: samples the signal in the middle of each
 * bit. Rates that differ by a few percent give the same bytes.
 *
 * @param bytes sent back to back, the line idle before and after
 * @param sentAt bits a second
 * @param readAt bits a second
 */
export function readAtRate(bytes: Buffer, sentAt: number, readAt: number): Buffer {
  // The unit of time is one bit of the sender.
  const bit = sentAt / readAt;
  const end = bytes.length * FRAME_BITS;
  const read: number[] = [];
  let edge = fallingEdge(bytes, 0);
  while (edge < end) {
    if (level(bytes, edge + 0.5 * bit)) {
      // Too short for a start bit.
      edge = fallingEdge(bytes, edge + 0.5 * bit);
      continue;
    }
    let byte = 0;
    for (let index = 0; index < 8; index++) {
      if (level(bytes, edge + (1.5 + index) * bit)) byte |= 1 << index;
    }
    read.push(byte);
    edge = fallingEdge(bytes, edge + (FRAME_BITS - 0.5) * bit);
  }
  return Buffer.from(read);
}

/** Whether the line is high at a time. */
function level(bytes: Buffer, time: number): boolean {
  const position = Math.floor(time);
  const byte = bytes[Math.floor(position / FRAME_BITS)];
  if (position < 0 || byte === undefined) return true;
  const index = position % FRAME_BITS;
  if (index === 0) return false;
  return index === FRAME_BITS - 1 || (byte & (1 << (index - 1))) !== 0;
}

/** The first time from `time` on at which the line goes low. */
function fallingEdge(bytes: Buffer, time: number): number {
  const end = bytes.length * FRAME_BITS;
  let position = Math.ceil(time);
  while (position < end && (level(bytes, position) || !level(bytes, position - 1))) position++;
  return position;
}
