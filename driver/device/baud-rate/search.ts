import type { Run } from '../../at/command';
import type { SequenceAccess } from '../../at/command-sequence';
import type { Pace } from '../../at/port-lease';
import { runOptionalQuery } from '../../commands/run-query';
import { uartQuery } from '../../commands/uart';
import { EspAtError } from '../../errors';
import type { SessionPort } from '../session/session-port';
import { likelyRates } from './rates';

/** The greatest slowness, see {@link PortKnowledge.slowness}. */
export const MAX_SLOWNESS = 16;
/** Part by which the rate of a UART may differ from its setting. */
const RATE_TOLERANCE = 0.05;
/** A response within so many milliseconds is quick: half of the 1200 that a response to a line end may take. */
const QUICK_RESPONSE_MS = 600;

export interface Trial {
  /** Bits a second; undefined where the port has no rate. */
  readonly rate: number | undefined;
  /** Whether to pad first, because a data prompt may be pending. */
  readonly pad: 'never' | 'first';
  readonly pace: Pace;
}

/** Runs the trials in order until the device answers. Returns whether it does: the port then has the rate of the device. */
export async function search(
  { resync }: SequenceAccess,
  port: SessionPort,
  trials: readonly Trial[],
): Promise<boolean> {
  for (const { rate, pad, pace } of trials) {
    // No await before the resync where the rate stays: lines behind `ready` in the same chunk may be responses to earlier
    // commands, which the resync has to take.
    if (rate !== port.baudRate && !(await port.trySetRate(rate))) continue;
    const attempts = pad === 'first' || pace === 'search' ? 3 : 1;
    const { kind } = await resync({ attempts, pad, pace });
    if (kind !== 'noAnswer') return true;
  }
  return false;
}

/**
 * Finds the device: at the rates of port, options and memory, then at those of the ladder; after failed searches also at
 * seldom ones. @throws EspAtError `DEVICE_UNRESPONSIVE`, `PORT_*`
 */
export async function findDevice(
  access: SequenceAccess,
  port: SessionPort,
  failedSearches: number,
): Promise<void> {
  if (await search(access, port, trials(port, failedSearches))) {
    port.memory.pendingPrompt = false;
    return measureSlowness(access, port);
  }
  // A port whose rate is fixed is a bridge, and a network may delay what comes from it.
  if (!port.canSetRate) port.knowledge.slowness = Math.min(MAX_SLOWNESS, port.slowness * 2);
  // RTS and CTS may no longer be wired. A device that is switched on sends `ready` at its start rate.
  if (port.isAutomatic) await port.setFlowControl(false);
  await port.setRate(port.startRate);
  throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
}

/** Whether the device has the rate of the port: a pty or native USB in between ignores rates. True where it does not say. */
export async function hasRateOfPort(run: Run, { baudRate }: SessionPort): Promise<boolean> {
  if (baudRate === undefined) return true;
  const uart = await runOptionalQuery(run, uartQuery);
  return !uart || Math.abs(uart.rate - baudRate) <= baudRate * RATE_TOLERANCE;
}

/** Lowers the slowness to what the port needs, once a device is found. */
async function measureSlowness({ lendPort }: SequenceAccess, port: SessionPort): Promise<void> {
  if (port.slowness === 1) return;
  const ms = await lendPort(async (lease) => {
    const start = lease.now();
    lease.write(Buffer.from('AT\r\n'));
    // `whileBusy` for its limit, the longest at the pace of a search (1.5 s × slowness): the response comes late.
    await lease.next('whileBusy', (each) => each === 'OK');
    return lease.now() - start;
  });
  const needed = 2 ** Math.ceil(Math.log2(ms / QUICK_RESPONSE_MS));
  port.knowledge.slowness = Math.max(1, Math.min(port.slowness, needed));
}

function trials(port: SessionPort, failedSearches: number): Trial[] {
  const { baudRate, canSetRate, startRate, negotiatedRate, memory } = port;
  const { pendingPrompt } = memory;
  const known = pendingPrompt
    ? [memory.baudRate, baudRate, startRate, negotiatedRate]
    : [baudRate, startRate, memory.baudRate, negotiatedRate];
  const rates = canSetRate ? likelyRates(known, failedSearches > 0) : [baudRate];
  // A pending prompt is rare, and padding takes long: tries each rate without padding first.
  const pads = pendingPrompt ? (['first'] as const) : (['never', 'first'] as const);
  return pads.flatMap((pad) =>
    rates.map((rate, index) => {
      // At the likeliest rate it waits as long as at the start rate: the device may be at work, or starting.
      const isLikely = !canSetRate || (index === 0 && pad === 'never');
      return { rate, pad, pace: isLikely ? 'startRate' : 'search' };
    }),
  );
}
