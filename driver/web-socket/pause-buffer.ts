import type { LinkId } from '../at/types';
import { EspAtError } from '../errors';
import type { Message } from '../link/events';

/** At the rate of a serial port, minutes of data. A pause does not reach the server: the firmware cannot make it wait. */
const MAX_PAUSED_BYTES = 16 * 1024 * 1024;
/** Bytes of memory that a message takes beside its payload, about. */
const MESSAGE_OVERHEAD_BYTES = 200;

/** The messages that a paused WebSocket holds. */
export class PauseBuffer {
  readonly messages: Message[] = [];
  #bytes = 0;

  /** Adds a message. Returns false where it has no room. */
  add(message: Message): boolean {
    const bytes = this.#bytes + message.bytes.length + MESSAGE_OVERHEAD_BYTES;
    if (bytes > MAX_PAUSED_BYTES) return false;
    this.#bytes = bytes;
    this.messages.push(message);
    return true;
  }
}

export function pauseBufferFull(link: LinkId): EspAtError {
  return new EspAtError('PAUSE_BUFFER_FULL', { link, limit: MAX_PAUSED_BYTES });
}
