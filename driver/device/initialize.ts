import { refusable, type Run } from '../at/command';
import type { AtClient } from '../at/at-client';
import type { SequenceAccess } from '../at/command-sequence';
import { delay, type Clock } from '../clock';
import { echoOff, sysStore } from '../commands/base';
import { closePayload } from '../commands/close-frame';
import { wsclose, wsopenQuery, wssend, type OpenLink } from '../commands/websocket';
import { EspAtError, isRefusal } from '../errors';
import { queryLinks } from '../link/query-links';
import { negotiateRate } from './baud-rate/negotiate';
import { findDevice } from './baud-rate/search';
import { identify, type KnownFirmware } from './capabilities';
import type { DeviceOptions } from './options';
import type { SessionPort } from './session-port';

/** Milliseconds for the close handshake of old connections, and between two checks of it. */
const CLOSE_TIMEOUT_MS = 300;
const CLOSE_POLL_MS = 100;
/** RFC 6455, section 7.4.1: going away. */
const GOING_AWAY = 1001;
/** State 2 of `AT+WSOPEN?`, and the opcode of a close frame. */
const OPEN = 2;
const CLOSE_FRAME = 8;

export interface InitializeContext {
  readonly client: Pick<AtClient, 'assume'>;
  readonly port: SessionPort;
  readonly options: DeviceOptions;
  readonly clock: Clock;
  /** Whether a data prompt is likely to be pending. */
  readonly pendingPrompt: boolean;
  /** Searches for the device that have failed. */
  readonly failures: number;
  /** The firmware of the boot before: its capabilities need no detection. */
  readonly firmware: KnownFirmware | undefined;
  /** Called with `RATE_NOT_NEGOTIATED`. */
  readonly warn: (error: EspAtError) => void;
  readonly signal: AbortSignal;
}

/**
 * Finds the device, switches its echo off, configures it, closes connections of an earlier device session and detects
 * its capabilities. The device may be booting, at another rate, at a data prompt, or up for days.
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `NO_WEBSOCKET`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, `PORT_*`
 */
export async function initialize(
  access: SequenceAccess,
  context: InitializeContext,
): Promise<KnownFirmware> {
  const { client, port, options } = context;
  const { run } = access;
  client.assume({ echoOff: false });
  await findDevice(access, port, context);
  await run(echoOff());
  client.assume({ echoOff: true });
  await run(sysStore(options.store === true));
  await negotiateRate(access, port, options, context.warn);
  port.remember();
  await closeLeftovers(run, context);
  return identify(run, context.firmware);
}

/**
 * Closes the connections of an earlier device session, which occupy the links. All get a close frame at once, because
 * AT+WSCLOSE takes up to a second for each; then AT+WSCLOSE cuts off those still open.
 */
async function closeLeftovers(run: Run, { clock, signal }: InitializeContext): Promise<void> {
  let open = await listLinks(run);
  for (const { link, state } of open) if (state === OPEN) await sendClose(run, link);
  for (let ms = 0; open.length > 0 && ms < CLOSE_TIMEOUT_MS; ms += CLOSE_POLL_MS) {
    await delay(clock, CLOSE_POLL_MS, { signal });
    open = await listLinks(run);
  }
  for (const { link } of open) await run(wsclose(link));
}

async function listLinks(run: Run): Promise<OpenLink[]> {
  try {
    return await queryLinks(run, refusable(wsopenQuery()));
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
    await run(refusable(wssend(link, closePayload(GOING_AWAY), options)));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
