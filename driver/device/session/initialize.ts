import { refusable, type Run } from '../../at/command';
import type { AtClient } from '../../at/at-client';
import type { SequenceAccess } from '../../at/command-sequence';
import { delay } from '../../clock';
import { echoOff, sysStore } from '../../commands/base';
import { closePayload } from '../../commands/close-frame';
import { wsclose, wsopenQuery, wssend, type OpenLink } from '../../commands/websocket';
import { isRefusal } from '../../errors';
import { queryLinks } from '../../link/query-links';
import { negotiateRate } from '../baud-rate/negotiate';
import { findDevice } from '../baud-rate/search';
import type { Boot } from './boot';
import { identify, type KnownFirmware } from './capabilities';
import type { DeviceEmitter } from '../events';
import type { CompleteOptions } from '../options';
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
  readonly port: SessionPort;
  readonly options: CompleteOptions;
  readonly boot: Pick<Boot, 'search' | 'signal'>;
  /** The firmware of the boot before: its capabilities need no detection. */
  readonly firmware: KnownFirmware | undefined;
  readonly emitter: DeviceEmitter;
}

/**
 * Finds the device, switches its echo off, configures it, closes connections of an earlier device session and detects
 * its capabilities. The device may be booting, at another rate, at a data prompt, or up for days.
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `NO_WEBSOCKET`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, `COMMAND_FAILED`, `PORT_*`
 */
export async function initialize(
  access: SequenceAccess,
  client: Pick<AtClient, 'assume'>,
  context: InitializeContext,
): Promise<KnownFirmware> {
  const { port, options, boot, emitter } = context;
  const { run } = access;
  client.assume({ echoOff: false });
  await findDevice(access, port, boot.search);
  await run(echoOff());
  client.assume({ echoOff: true });
  await run(sysStore(options.store === true));
  await negotiateRate(access, port, options, (error) => emitter.emit('warning', error));
  port.remember();
  await closeLeftovers(run, context);
  return identify(run, context.firmware);
}

/**
 * Closes the connections of an earlier device session, which occupy the links. All get a close frame at once, because
 * AT+WSCLOSE takes up to a second for each; then AT+WSCLOSE cuts off those still open.
 */
async function closeLeftovers(run: Run, { options, boot }: InitializeContext): Promise<void> {
  let open = await listLinks(run);
  for (const { link, state } of open) if (state === OPEN) await sendClose(run, link);
  for (let ms = 0; open.length > 0 && ms < CLOSE_TIMEOUT_MS; ms += CLOSE_POLL_MS) {
    await delay(options.clock, CLOSE_POLL_MS, { signal: boot.signal });
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
