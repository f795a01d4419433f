/** The host sends, receives, or sends and receives the server's echo. */
export type Direction = 'send' | 'receive' | 'both';

interface Exchange {
  readonly direction: Direction;
  readonly messages: number;
  /** Bytes of a message. */
  readonly payload: number;
  /** Bits a second. */
  readonly rate: number;
  /** Bytes that the host wrote. */
  readonly written: number;
  /** Bytes that the device sent. */
  readonly received: number;
}

/** Start bit, data, stop bit. */
const BITS_PER_BYTE = 10;
/** `\r\nOK\r\n\r\n>` and `\r\nSEND OK\r\n`. */
const PROMPT_BYTES = 9;
const RESULT_BYTES = 11;

/**
 * The minimum time, in milliseconds, in which a serial port passes these bytes when neither side delays them. Received
 * messages stream without turns. Each sent message takes turns: command line, prompt, payload, final result code. With echoes
 * both happen at once, and the longer one counts: all turns and then the last echo; or the first line and payload and
 * then all bytes from the device. Ignores that a prompt may wait behind an echo, so the true minimum can be longer.
 */
export function minimumTime(exchange: Exchange): number {
  const { direction, messages, payload, rate, written, received } = exchange;
  const byte = (BITS_PER_BYTE * 1000) / rate;
  if (direction === 'receive') return received * byte;
  if (direction === 'send') return (written + received) * byte;
  const line = (written - messages * payload) / messages;
  const urc = (received - messages * (PROMPT_BYTES + RESULT_BYTES)) / messages;
  const turns = written + messages * (PROMPT_BYTES + RESULT_BYTES) + urc;
  return Math.max(turns, line + payload + received) * byte;
}
