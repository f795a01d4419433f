import type { AtClient } from '../../at/at-client';
import type { SequenceAccess } from '../../at/command-sequence';
import type { Clock } from '../../clock';
import { echoOff, echoOn } from '../../commands/base';
import { runOptionalQuery } from '../../commands/run-query';
import { parseUart, uartQuery } from '../../commands/uart';
import { EspAtError } from '../../errors';
import type { SessionPort } from '../session/session-port';
import type { RateLimit } from './rate-limit';
import { runRateState } from './rate-runner';
import { climbFrom, type Climb, type RateState } from './rate-state';
import { LADDER } from './rates';

export interface ClimbContext {
  readonly client: Pick<AtClient, 'assume' | 'hasConnection'>;
  readonly port: SessionPort;
  readonly limit: RateLimit;
  readonly clock: Clock;
}

/** A device that takes longer to respond is too slow for a climb: it would seem silent at a new rate. */
const SLOW_RESPONSE_MS = 100;

export type ClimbResult =
  /** it has ended, at the same rate or at another one */
  | 'done'
  /** the device responds too slowly now */
  | 'slow'
  /** the device was silent in the climb, and may have restarted */
  | 'restarted';

/**
 * Changes to the highest baud rate at which data passes without a fault, or down to the highest that the limit allows.
 * While a link has a connection, it only goes down, and tests nothing.
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `OUT_OF_SYNC`, `PORT_*`
 */
export async function climb(access: SequenceAccess, context: ClimbContext): Promise<ClimbResult> {
  const { client, port, limit, clock } = context;
  const before = port.baudRate;
  if (!port.canSetRate || before === undefined || !(await port.hasModemLines())) return 'done';
  const start = clock.now();
  const uart = await runOptionalQuery(access.run, uartQuery(), parseUart);
  if (!uart) return 'done';
  const { flowControl } = uart;
  if (clock.now() - start > SLOW_RESPONSE_MS) return 'slow';
  const isTested = !client.hasConnection;
  const ceiling = limit.ceiling(clock.now());
  const begin = climbFrom(
    { rate: before, flowControl },
    {
      ladder: LADDER,
      isTested,
      unwiredFlowControl: 'rts',
      losses: 0,
      wasSilent: false,
      ceiling: isTested ? ceiling : Math.min(ceiling, before),
      wires: wiresOf(context, isTested),
    },
  );
  if (begin.kind === 'settled') return 'done';
  const end = isTested
    ? await withEcho(access, client, () => runRateState(access, port, begin))
    : await runRateState(access, port, begin);
  return concludeClimb(end, context);
}

/** While a link has a connection, only the rate changes. */
function wiresOf({ port, limit }: ClimbContext, isTested: boolean): Climb['wires'] {
  if (!isTested) return port.usesFlowControl ? 'proven' : 'none';
  return limit.wiresWork ? 'unknown' : 'none';
}

function concludeClimb(end: RateState, { port, limit, clock }: ClimbContext): ClimbResult {
  if (end.kind !== 'settled') throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
  const { ceiling, failedRate, wires, wasSilent } = end.climb;
  limit.rateWorks(end.good.rate);
  if (failedRate !== undefined && failedRate > ceiling) {
    if (wasSilent) limit.rateSilent(failedRate, clock.now());
    else limit.rateFailed(failedRate, clock.now());
  }
  if (wires === 'none' && end.climb.triedWires) limit.wiresWork = false;
  port.remember();
  return wasSilent ? 'restarted' : 'done';
}

/** Runs `body` with the device's echo on. */
async function withEcho<T>(
  { run }: SequenceAccess,
  client: ClimbContext['client'],
  body: () => Promise<T>,
): Promise<T> {
  client.assume({ echoOff: false });
  await run(echoOn());
  const result = await body();
  await run(echoOff());
  client.assume({ echoOff: true });
  return result;
}
