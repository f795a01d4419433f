import { refusable, type Run } from '../at/command';
import { LARGEST_PAYLOAD } from '../at/recovery';
import { recognise, type KnownFirmware } from './capabilities';
import type { Clock } from '../clock';
import { echoOff, sysStore } from '../commands/base';
import { parseWsopen, wsclose, wsopenQuery, wssend, type OpenLink } from '../commands/websocket';
import type { Capabilities } from './options';
import { EspAtError, isRefusal } from '../errors';
import { negotiateRate, takesRate, type PortContext } from './baud-rate';
import { closePayload } from '../commands/close-frame';

/** Milliseconds that the firmware and a server have for a close frame, and between looks. */
const FAREWELL = 300;
const LOOK_AGAIN = 100;
/** RFC 6455, section 7.4.1: going away. */
const GOING_AWAY = 1001;
/** State 2 of `AT+WSOPEN?`, and the opcode of a close frame. */
const ESTABLISHED = 2;
const CLOSE_FRAME = 8;
/** What most boards speak after power-up, in bits a second. */
const USUAL_RATE = 115_200;

/** A device that is to be brought up, and what is known of it already. */
export interface InitializeContext extends PortContext {
  readonly clock: Clock;
  /** What was there last time, so that it need not be found out about again. */
  firmware: KnownFirmware | undefined;
}

/**
 * From an open port to a device that answers, is silent otherwise (no echo), and whose abilities are
 * known. It may be booting, at another rate, waiting for payload, or up since days: nothing is assumed.
 * @throws EspAtError `DEVICE_SILENT`, `NO_WEBSOCKET`, `DEVICE_RESTARTED` (begin again) …
 */
export async function initialize(context: InitializeContext): Promise<Capabilities> {
  const { session, options } = context;
  session.lenient = true;
  await findDevice(context);
  await session.run(echoOff());
  session.lenient = false;
  await session.run(sysStore(options.store === true));
  await negotiateRate(context);
  await closeLeftovers(context);
  context.firmware = await session.sequence((run) => recognise(run, context.firmware));
  return context.firmware.capabilities;
}

/** Gets an answer: first as the line is, then at the other rates it may have been left at. */
async function findDevice(context: InitializeContext): Promise<void> {
  const { port, session, options, line } = context;
  const usual = [context.rate, options.port.rate, options.raiseTo, USUAL_RATE];
  const rates = port.setRate ? [...new Set(usual.filter((rate) => rate))] : [undefined];
  // A prompt that waits is rare, and filling one takes long: every rate is tried without first.
  const fills = line.prompted ? [LARGEST_PAYLOAD] : [0, LARGEST_PAYLOAD];
  line.prompted = false;
  for (const fill of fills) {
    for (const rate of rates) {
      if (rate !== context.rate && !(await takesRate(context, rate))) continue;
      if (await session.align(fill)) return;
    }
  }
  throw new EspAtError('DEVICE_SILENT', { port: options.port.address });
}

/**
 * Links of an earlier life belong to nobody and take up the places. They are taken leave of all at once with
 * a close frame, since AT+WSCLOSE takes up to a second for each; what is still there afterwards is cut off.
 */
async function closeLeftovers({ session, clock }: InitializeContext): Promise<void> {
  await session.sequence(async (run) => {
    let open = await listLinks(run);
    for (const { link, state } of open) {
      if (state === ESTABLISHED) await takeLeave(run, link);
    }
    for (let waited = 0; open.length > 0 && waited < FAREWELL; waited += LOOK_AGAIN) {
      await new Promise<void>((resolve) => void clock.after(LOOK_AGAIN, resolve));
      open = await listLinks(run);
    }
    for (const { link } of open) await run(wsclose(link));
  });
}

async function listLinks(run: Run): Promise<OpenLink[]> {
  try {
    return parseWsopen(await run(refusable(wsopenQuery())));
  } catch (error) {
    // Firmware without WebSocket commands is recognised, and named, in the next step.
    if (isRefusal(error)) return [];
    throw error;
  }
}

/** Whatever becomes of it, the link is looked at again. */
async function takeLeave(run: Run, link: OpenLink['link']): Promise<void> {
  const options = { opcode: CLOSE_FRAME, timeout: FAREWELL };
  try {
    await run(refusable(wssend(link, closePayload(GOING_AWAY), options)));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
