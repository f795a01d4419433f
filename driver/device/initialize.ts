import { refusable, type Run } from '../at/command';
import type { AtClient } from '../at/at-client';
import type { SequenceAccess } from '../at/command-sequence';
import { delay, type Clock } from '../clock';
import { echoOff, sysStore } from '../commands/base';
import { closePayload } from '../commands/close-frame';
import { parseWsopen, wsclose, wsopenQuery, wssend, type OpenLink } from '../commands/websocket';
import { EspAtError, isRefusal } from '../errors';
import { answers, negotiateRate } from './baud-rate';
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
  /** The firmware of the boot before: its capabilities need no detection. */
  readonly firmware: KnownFirmware | undefined;
  /** Called with `RATE_NOT_NEGOTIATED`. */
  readonly warn: (error: EspAtError) => void;
  readonly signal: AbortSignal;
}

/**
 * Finds the device, switches its echo off, configures it, closes connections of an earlier device session and detects
 * its capabilities. The device may be booting, at another rate, at a data prompt, or up for days.
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `NO_WEBSOCKET`, `OUT_OF_SYNC`, `COMMAND_FAILED`, `PORT_*`
 */
export async function initialize(
  access: SequenceAccess,
  context: InitializeContext,
): Promise<KnownFirmware> {
  const { client, port, options } = context;
  const { run } = access;
  client.assume({ echoOff: false });
  await find(access, context);
  await run(echoOff());
  client.assume({ echoOff: true });
  await run(sysStore(options.store === true));
  await negotiateRate(access, port, options, context.warn);
  await closeLeftovers(run, context);
  return identify(run, context.firmware);
}

/** Resyncs: first at the current rate, then at the other rates that the device may use. */
async function find(
  access: SequenceAccess,
  { port, pendingPrompt }: InitializeContext,
): Promise<void> {
  // A pending prompt is rare, and padding takes long: tries every rate without padding first.
  for (const pad of pendingPrompt ? (['first'] as const) : (['never', 'first'] as const)) {
    for (const rate of port.candidates) {
      // Resyncs in the same turn where it can: the rest of a chunk with `ready` holds responses to earlier commands.
      if (rate !== port.baudRate && !(await port.trySetRate(rate))) continue;
      if (await answers(access, pad)) return;
    }
  }
  throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
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
    return parseWsopen(await run(refusable(wsopenQuery())));
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
