import type { AtClient } from '../at/at-client';
import { parseUart, uartCur, uartQuery } from '../commands/uart';
import type { DeviceEvent, DeviceOptions } from './options';
import { asEspAtError, EspAtError } from '../errors';
import type { Port } from '../port/port';

/** What is remembered of the line from one opening of the port to the next. */
export interface PortMemory {
  /** False once the raised rate was tried in vain. */
  bearsRaisedRate: boolean;
  /** Whether a data prompt was open when the device was heard last: it may still be. */
  prompted: boolean;
}

/** The line to a device, with what is wanted and known of it. */
export interface PortContext {
  readonly port: Port;
  readonly session: AtClient;
  readonly options: DeviceOptions;
  readonly line: PortMemory;
  /** The line's rate as both sides have it now, bits a second; undefined where there is no line. */
  rate: number | undefined;
  event(event: DeviceEvent): void;
}

/**
 * Sets the line as wanted, since a device starts as its flash says: flow control at its end too, and the
 * raised rate; back to the old one where the port, the cable or the device does not bear it.
 * @throws EspAtError `DEVICE_SILENT` when nothing passes any more
 */
export async function negotiateRate(context: PortContext): Promise<void> {
  const { session, options, port, line } = context;
  const before = context.rate;
  if (!port.setRate || before === undefined) return;
  const flowControl = options.flowControl === true;
  const raised = options.raiseTo && line.bearsRaisedRate ? options.raiseTo : before;
  if (raised === before) {
    if (flowControl && !(await hasFlowControl(session))) await session.run(uartCur(before, true));
    return;
  }
  // Found out before the device is told, which would be lost otherwise.
  const possible = await takesRate(context, raised);
  await changeRate(context, before);
  if (possible) {
    await session.run(uartCur(raised, flowControl));
    // The device answers at the old rate, then switches.
    await changeRate(context, raised);
    if (await session.align(0)) return;
    // It may hear although it cannot be heard.
    port.write(Buffer.from(`${uartCur(before, flowControl).line}\r\n`));
    await session.align(0);
  }
  // Not tried again after every restart: a device left at a rate at which nothing passes has to be switched off by hand.
  line.bearsRaisedRate = false;
  const error = new EspAtError('RATE_NOT_RAISED', { rate: raised, before });
  context.event({ event: 'warning', error });
  await changeRate(context, before);
  if (await session.align(0)) return;
  throw new EspAtError('DEVICE_SILENT', { port: options.port.address });
}

/** Changes the port's rate. False: not every adapter knows every rate. */
export async function takesRate(context: PortContext, rate: number | undefined): Promise<boolean> {
  try {
    await changeRate(context, rate);
    return true;
  } catch (error) {
    if (error instanceof EspAtError && error.code === 'PORT_CLOSED') throw error;
    return false;
  }
}

/**
 * The last resort, where the settings allow it: restarts the device by its reset pin, and listens at the
 * rate it starts with. False where that is not allowed, or not possible.
 */
export async function resetByPin(context: PortContext): Promise<boolean> {
  const { port, options } = context;
  if (options.hardwareReset !== true || !port.reset) return false;
  context.event({ event: 'recovery', detail: 'reset' });
  try {
    await changeRate(context, options.port.rate);
    await port.reset();
    return true;
  } catch (error) {
    // Bridges and ptys have no such line.
    context.event({ event: 'warning', error: asEspAtError(error, options.port.address) });
    return false;
  }
}

/** Whether the line is at a rate that the device forgets with a restart. */
function isRaised({ rate, options }: PortContext): boolean {
  return rate !== undefined && rate === options.raiseTo && rate !== options.port.rate;
}

/**
 * A device that fell silent at a raised rate has most likely restarted: goes back to the rate it starts with.
 * False when the line is not at a raised one, or does not take it.
 */
export async function findRate(context: PortContext): Promise<boolean> {
  return isRaised(context) && (await takesRate(context, context.options.port.rate));
}

async function changeRate(context: PortContext, rate: number | undefined): Promise<void> {
  if (rate === undefined || rate === context.rate) return;
  await context.port.setRate?.(rate);
  context.rate = rate;
  context.session.raised = isRaised(context);
}

async function hasFlowControl(session: AtClient): Promise<boolean> {
  return parseUart(await session.run(uartQuery())).flowControl;
}
