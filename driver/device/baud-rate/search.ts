import type { SequenceAccess } from '../../at/command-sequence';
import { expectingError } from '../../at/command';
import { parseUart, uartQuery } from '../../commands/uart';
import { EspAtError, isRefusal } from '../../errors';
import type { SessionPort } from '../session/session-port';
import { likelyRates } from './rates';
import { search, type Trial } from './rate-state';
import { runRateState } from './rate-runner';

/** How many times as long as usual a response may take, at most. */
const MAX_SLOWNESS = 16;
/** Part by which a UART's rate may differ from the one that it was set to. */
const RATE_TOLERANCE = 0.05;
/** Milliseconds of a response that needs half of the usual limits. */
const QUICK_RESPONSE_MS = 600;

export interface SearchOptions {
  /** Whether a data prompt is likely to be pending. */
  readonly pendingPrompt: boolean;
  /** Searches before this one that have failed. */
  readonly failures: number;
}

/**
 * Finds the device: at the rate of the port, at the rate that it used last, then at all others.
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `PORT_*`
 */
export async function findDevice(
  access: SequenceAccess,
  port: SessionPort,
  options: SearchOptions,
): Promise<void> {
  const { kind } = await runRateState(access, port, search(trials(port, options)));
  if (kind === 'found') return measureSlowness(access, port);
  // A port whose rate is fixed is a bridge, and a network may delay what comes from it.
  if (!port.canSetRate) port.slowness = Math.min(MAX_SLOWNESS, port.slowness * 2);
  // The wires may have been removed. A device that is switched on says so at the rate it starts with.
  if (port.isAutomatic) await port.setFlowControl(false);
  await port.setRate(port.startRate);
  throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
}

/**
 * Goes back to the rate of the options where the device has another rate than the port: what lies between, a pty or
 * native USB, ignores rates. At a rate that a restart would reset, a short silence would look like a restart.
 */
export async function leaveIgnoredRate(
  { run }: Pick<SequenceAccess, 'run'>,
  port: SessionPort,
): Promise<void> {
  const { baudRate } = port;
  if (!port.isNegotiated || baudRate === undefined) return;
  try {
    const { rate } = parseUart(await run(expectingError(uartQuery())));
    if (Math.abs(rate - baudRate) > baudRate * RATE_TOLERANCE) await port.setRate(port.startRate);
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}

/** Lowers the slowness to what the port needs, once a device is found. */
async function measureSlowness({ lendPort }: SequenceAccess, port: SessionPort): Promise<void> {
  if (port.slowness === 1) return;
  const { ms } = await lendPort(async (lease) => {
    const start = lease.now();
    lease.write(Buffer.from('AT\r\n'));
    await lease.next('stillAtWork', (each) => each === 'OK');
    return { ms: lease.now() - start };
  });
  const needed = 2 ** Math.ceil(Math.log2(ms / QUICK_RESPONSE_MS));
  port.slowness = Math.max(1, Math.min(port.slowness, needed));
}

function trials(port: SessionPort, { pendingPrompt, failures }: SearchOptions): Trial[] {
  if (!port.canSetRate) return pads(pendingPrompt).map((pad) => trial(port.baudRate, pad, true));
  const { baudRate, startRate, negotiatedRate, rememberedRate } = port;
  const known = pendingPrompt
    ? [rememberedRate, baudRate, startRate, negotiatedRate]
    : [baudRate, startRate, rememberedRate, negotiatedRate];
  const rates = likelyRates(known, failures > 0);
  // A pending prompt is rare, and padding takes long: tries every rate without padding first.
  return pads(pendingPrompt).flatMap((pad) =>
    rates.map((rate, index) => trial(rate, pad, index === 0 && pad === 'never')),
  );
}

const pads = (pendingPrompt: boolean): readonly Trial['pad'][] =>
  pendingPrompt ? ['first'] : ['never', 'first'];

const trial = (rate: number | undefined, pad: Trial['pad'], isLikely: boolean): Trial => ({
  rate,
  pad,
  pace: isLikely ? 'portRate' : 'search',
});
