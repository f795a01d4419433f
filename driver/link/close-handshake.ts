import type { AtClient } from '../at/at-client';
import type { LinkId } from '../at/types';
import { onTimeout, type Clock } from '../clock';
import { wsclose } from '../commands/websocket';
import type { CloseOperation } from './operation';
import type { SendQueue } from './send/send-queue';

/** Milliseconds for the server's close frame. */
const CLOSE_HANDSHAKE_TIMEOUT_MS = 3000;

export interface CloseHandshakeOptions {
  readonly link: LinkId;
  readonly clock: Clock;
  /** Payload of the close frame; absent: `AT+WSCLOSE` without a close frame. */
  readonly frame: Buffer | undefined;
}

/**
 * Sends a close frame after the queued messages, waits for the server's (RFC 6455, section 7.1.2; the firmware does not
 * do so), then sends `AT+WSCLOSE`, unless an abort shows that the connection is gone.
 * @throws EspAtError when the device may not have closed the link
 */
export async function closeHandshake(
  client: Pick<AtClient, 'run'>,
  queue: Pick<SendQueue, 'sendClose'>,
  { link, clock, frame }: CloseHandshakeOptions,
  operation: Pick<CloseOperation, 'signal' | 'waitEnded'>,
): Promise<void> {
  if (frame) {
    try {
      await queue.sendClose(frame);
      await waitForAbort(clock, CLOSE_HANDSHAKE_TIMEOUT_MS, operation.waitEnded);
    } catch {
      // Closes the link also without a close frame.
    }
  }
  if (!operation.signal.aborted) await client.run(wsclose(link));
}

/** Waits for an abort of the signal, for at most the given milliseconds. */
function waitForAbort(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
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
