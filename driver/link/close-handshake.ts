import type { AtClient } from '../at/at-client';
import type { LinkId } from '../at/types';
import { delay, type Clock } from '../clock';
import { wsclose } from '../commands/wsopen';
import type { CloseOperation } from './operation';
import type { SendQueue } from './send/send-queue';

/** Milliseconds that the server may take to answer the close frame. */
const CLOSE_HANDSHAKE_TIMEOUT_MS = 3000;

interface CloseHandshakeOptions {
  readonly link: LinkId;
  readonly clock: Clock;
  /** Payload of the close frame; undefined: `AT+WSCLOSE` without a close frame. */
  readonly frame: Buffer | undefined;
}

/**
 * Sends a close frame behind the queued messages, and waits for the server's (RFC 6455, section 7.1.2), which the
 * firmware does not do. Then sends `AT+WSCLOSE`, unless the operation was aborted: the connection is gone then.
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
      await delay(clock, CLOSE_HANDSHAKE_TIMEOUT_MS, { signal: operation.waitEnded });
    } catch {
      // The wait has ended early, or the close frame failed: closes the link all the same.
    }
  }
  if (!operation.signal.aborted) await client.run(wsclose(link));
}
