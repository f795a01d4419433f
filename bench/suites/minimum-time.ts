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

/** Bits on the line for a byte. */
const BITS = 10;
/** `\r\nOK\r\n\r\n>` and `\r\nSEND OK\r\n`. */
const PROMPT = 9;
const RESULT = 11;

/**
 * The minimum time, in milliseconds, in which a serial port passes these bytes, when neither side ever needs
 * time of its own. What is received only streams. Sending takes turns: line, prompt, payload, result. With
 * echoes both happen at once: either the turns take longest, and the last echo follows them, or what comes
 * from the device does. A prompt that has to wait behind an echo is not counted, so that this cannot always
 * be reached.
 */
export function minimumTime(exchanged: Exchanged): number {
  const { direction, messages, payload, rate, written, received } = exchanged;
  const byte = (BITS * 1000) / rate;
  if (direction === 'receive') return received * byte;
  if (direction === 'send') return (written + received) * byte;
  const line = (written - messages * payload) / messages;
  const report = (received - messages * (PROMPT + RESULT)) / messages;
  const turns = written + messages * (PROMPT + RESULT) + report;
  return Math.max(turns, line + payload + received) * byte;
}
