/** Messages go to the server, come from it, or go and come back (the server's echo). */
export type Direction = 'send' | 'receive' | 'both';

export interface Exchanged {
  readonly direction: Direction;
  readonly messages: number;
  /** Bytes of a message. */
  readonly payload: number;
  /** Bits a second. */
  readonly rate: number;
  /** Bytes that went to the device, and that came from it. */
  readonly written: number;
  readonly received: number;
}

/** Start bit, data, stop bit. */
const BITS_PER_BYTE = 10;
/** `\r\nOK\r\n\r\n>` and `\r\nSEND OK\r\n`. */
const PROMPT = 9;
const RESULT = 11;

/**
 * The minimum time, in milliseconds, in which a serial port passes these bytes, if neither side ever delays them.
 * Received messages stream without turns. Sending takes turns: line, prompt, payload, result. With echoes both happen at
 * once, and the longer one counts: all turns and then the last echo; or the first line and payload and then all bytes
 * from the device. A prompt that waits behind an echo is left out, so a device may not reach this time.
 */
export function minimumTime(exchanged: Exchanged): number {
  const { direction, messages, payload, rate, written, received } = exchanged;
  const byte = (BITS_PER_BYTE * 1000) / rate;
  if (direction === 'receive') return received * byte;
  if (direction === 'send') return (written + received) * byte;
  const line = (written - messages * payload) / messages;
  const report = (received - messages * (PROMPT + RESULT)) / messages;
  const turns = written + messages * (PROMPT + RESULT) + report;
  return Math.max(turns, line + payload + received) * byte;
}
