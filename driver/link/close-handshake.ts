import type { AtClient } from '../at/at-client';
import type { LinkId } from '../at/types';
import { onTimeout, type Clock } from '../clock';
import { wsclose } from '../commands/websocket';
import type { CloseOperation } from './operation';
import type { SendQueue } from './send-queue';

/** Milliseconds that a server has to answer a close frame. */
const CLOSE_HANDSHAKE_TIMEOUT_MS = 3000;

export interface CloseHandshakeOptions {
  readonly link: LinkId;
  readonly clock: Clock;
  /** Payload of the close frame; without one the connection is cut off. */
  readonly frame: Buffer | undefined;
}

/**
 * Close frame, after the messages that wait, and its answer (RFC 6455, section 7.1.2), which the firmware leaves
 * to its user; then `AT+WSCLOSE`, unless the operation was aborted: the connection is gone then.
 * @throws EspAtError when the device is not known to have closed the link
 */
export async function closeHandshake(
  client: Pick<AtClient, 'run'>,
  queue: Pick<SendQueue, 'sendClose'>,
  { link, clock, frame }: CloseHandshakeOptions,
  operation: Pick<CloseOperation, 'signal' | 'answered'>,
): Promise<void> {
  if (frame) {
    try {
      await queue.sendClose(frame);
      await settled(clock, CLOSE_HANDSHAKE_TIMEOUT_MS, operation.answered);
    } catch {
      // The server misses a close frame; the link is closed all the same.
    }
  }
  if (!operation.signal.aborted) await client.run(wsclose(link));
}

/** Waits for the signal, but no longer than this. */
function settled(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      resolve();
    };
    const cancel = onTimeout(clock, milliseconds, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
