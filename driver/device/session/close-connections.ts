import { expectingError, type Run } from '../../at/command';
import { delay, type Clock } from '../../clock';
import { closePayload } from '../../commands/close-frame';
import { wsclose, wsopenQuery, wssend, type OpenLink } from '../../commands/websocket';
import { isRefusal } from '../../errors';
import { queryLinks } from '../../link/query-links';

/** Milliseconds for the close handshake of old connections, and between two checks of it. */
const CLOSE_TIMEOUT_MS = 300;
const CLOSE_POLL_MS = 100;
/** RFC 6455, section 7.4.1: going away. */
const GOING_AWAY = 1001;
/** State of an open link in `AT+WSOPEN?`. */
const OPEN_STATE = 2;
/** Opcode of a close frame. */
const CLOSE_FRAME = 8;

/**
 * Closes all connections of the device. All get a close frame at once, because AT+WSCLOSE takes up to a second for each;
 * then AT+WSCLOSE cuts off those still open.
 */
export async function closeConnections(
  run: Run,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  let open = await listLinks(run);
  for (const { link, state } of open) if (state === OPEN_STATE) await sendClose(run, link);
  for (let ms = 0; open.length > 0 && ms < CLOSE_TIMEOUT_MS; ms += CLOSE_POLL_MS) {
    await delay(clock, CLOSE_POLL_MS, { signal });
    open = await listLinks(run);
  }
  for (const { link } of open) await run(wsclose(link));
}

async function listLinks(run: Run): Promise<OpenLink[]> {
  try {
    return await queryLinks(run, expectingError(wsopenQuery()));
  } catch (error) {
    // The next step identifies firmware without WebSocket commands.
    if (isRefusal(error)) return [];
    throw error;
  }
}

/** Ignores failures: the next check shows whether the link is closed. */
async function sendClose(run: Run, link: OpenLink['link']): Promise<void> {
  const options = { opcode: CLOSE_FRAME, timeout: CLOSE_TIMEOUT_MS };
  try {
    await run(expectingError(wssend(link, closePayload(GOING_AWAY), options)));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
