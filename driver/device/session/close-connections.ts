import { tryRun, type Run } from '../../at/command';
import { delay, type Clock } from '../../clock';
import { closePayload } from '../../commands/close-frame';
import { tryRunQuery } from '../../commands/run-query';
import { wsclose, wsopenQuery } from '../../commands/wsopen';
import { CLOSE_OPCODE, wssend } from '../../commands/wssend';

/** Milliseconds that servers may take to answer the close frames, and between two checks of that. */
const CLOSE_TIMEOUT_MS = 300;
const CLOSE_POLL_MS = 100;
/** RFC 6455, section 7.4.1: going away. */
const GOING_AWAY = 1001;
/** State of an open link in `AT+WSOPEN?`. */
const OPEN_STATE = 2;

/**
 * Closes all connections of the device. Sends a close frame on the open ones first, because `AT+WSCLOSE` usually takes up
 * to a second for each. Then cuts off those that are left with `AT+WSCLOSE`. Firmware without WebSocket has none.
 */
export async function closeConnections(
  run: Run,
  clock: Clock,
  signal?: AbortSignal,
): Promise<void> {
  const frame = closePayload(GOING_AWAY);
  const options = { opcode: CLOSE_OPCODE, timeoutMs: CLOSE_TIMEOUT_MS };
  const query = async () => (await tryRunQuery(run, wsopenQuery)) ?? [];
  let open = await query();
  for (const { link, state } of open)
    // Ignores a refusal: the next check shows whether the link is closed.
    if (state === OPEN_STATE) await tryRun(run, wssend(link, frame, options));
  for (let ms = 0; open.length > 0 && ms < CLOSE_TIMEOUT_MS; ms += CLOSE_POLL_MS) {
    await delay(clock, CLOSE_POLL_MS, { signal });
    open = await query();
  }
  for (const { link } of open) await run(wsclose(link));
}
