import type { AtClient } from '../../at/at-client';
import type { SequenceAccess } from '../../at/command-sequence';
import { onTimeout, type Cancel, type Clock } from '../../clock';
import { echoOff, echoOn } from '../../commands/base';
import { runOptionalQuery } from '../../commands/run-query';
import { parseUart, uartQuery } from '../../commands/uart';
import { asEspAtError, EspAtError } from '../../errors';
import type { SessionPort } from '../session/session-port';
import { Climb, type ClimbOptions } from './climb';
import type { RateLimit } from './rate-limit';
import { LADDER } from './rates';

/** Milliseconds between checks whether all links are closed: only then the driver tries a failed rate again. */
const RETRY_POLL_MS = 10 * 60_000;

/** A device that takes longer to respond is too slow for a climb: it would seem silent at a new rate. */
const SLOW_RESPONSE_MS = 100;

interface ClimbContext {
  readonly client: Pick<AtClient, 'assume' | 'hasConnection'>;
  readonly port: SessionPort;
  readonly limit: RateLimit;
  readonly clock: Clock;
}

interface AutomaticRateContext extends ClimbContext {
  readonly client: AtClient;
  /** Aborts when the boot ends. */
  readonly signal: AbortSignal;
}

type AutomaticRateEvent =
  /** A climb has ended. */
  | { readonly kind: 'climbed' }
  /** The rate is lower, because responses were lost. */
  | { readonly kind: 'lowered'; readonly error: EspAtError }
  /** The device does not answer, or may have restarted. */
  | { readonly kind: 'lost'; readonly error: EspAtError };

/**
 * Keeps a device at the best baud rate: climbs once it is ready, goes down when responses are lost or corrupt, and
 * rarely tries to go up again.
 */
export class AutomaticRate {
  readonly #context: AutomaticRateContext;
  readonly #listener: (event: AutomaticRateEvent) => void;
  #timer: Cancel | undefined;

  constructor(context: AutomaticRateContext, listener: (event: AutomaticRateEvent) => void) {
    this.#context = context;
    this.#listener = listener;
    context.signal.addEventListener('abort', () => this.#timer?.(), { once: true });
    if (context.port.isAutomatic) void this.#climb();
  }

  /** A response is lost or corrupt. */
  responseLost(): void {
    const { port, limit, clock } = this.#context;
    const { baudRate, startRate } = port;
    if (!port.isAutomatic || baudRate === undefined || baudRate <= (startRate ?? 0)) return;
    if (!limit.responseLost(clock.now())) return;
    limit.rateFailed(baudRate, clock.now());
    void this.#climb().then(() => {
      if (port.baudRate === baudRate || port.baudRate === undefined) return;
      const details = { rate: baudRate, current: port.baudRate };
      this.#listener({ kind: 'lowered', error: new EspAtError('RATE_NOT_NEGOTIATED', details) });
    });
  }

  /** Runs a climb as a command sequence: after the running command, before queued messages. */
  async #climb(): Promise<void> {
    const { client, signal } = this.#context;
    this.#timer?.();
    let result: Awaited<ReturnType<typeof climb>>;
    try {
      result = await client.sequence((access) => climb(access, this.#context), { signal });
    } catch (error) {
      if (!signal.aborted) this.#listener({ kind: 'lost', error: asEspAtError(error) });
      return;
    }
    if (signal.aborted) return;
    if (result === 'restarted') {
      this.#listener({ kind: 'lost', error: new EspAtError('DEVICE_RESTARTED') });
      return;
    }
    this.#listener({ kind: 'climbed' });
    this.#climbLater(result === 'slow' ? 0 : this.#context.limit.retryAt);
  }

  #climbLater(retryAt: number | undefined): void {
    const { client, clock } = this.#context;
    if (retryAt === undefined) return;
    const ms = Math.max(retryAt - clock.now(), RETRY_POLL_MS);
    this.#timer = onTimeout(clock, ms, () => {
      if (client.hasConnection) this.#climbLater(retryAt);
      else void this.#climb();
    });
  }
}

/**
 * Changes to the highest baud rate at which data passes without a fault, or down to the highest that the limit allows.
 * While a link has a connection, it only goes down, and tests nothing. Returns `slow` where the device responds too
 * slowly now, and `restarted` where it was silent in the climb, and may have restarted.
 * @throws EspAtError `DEVICE_UNRESPONSIVE`, `OUT_OF_SYNC`, `PORT_*`
 */
export async function climb(
  access: SequenceAccess,
  { client, port, limit, clock }: ClimbContext,
): Promise<'done' | 'slow' | 'restarted'> {
  const rate = port.baudRate;
  if (!port.canSetRate || rate === undefined || !(await port.hasModemLines())) return 'done';
  const start = clock.now();
  const uart = await runOptionalQuery(access.run, uartQuery(), parseUart);
  if (!uart) return 'done';
  const { flowControl } = uart;
  if (clock.now() - start > SLOW_RESPONSE_MS) return 'slow';
  const isTested = !client.hasConnection;
  const untestedWires = port.usesFlowControl ? 'proven' : 'none';
  const wires = limit.wiresWork ? 'unknown' : 'none';
  const options: ClimbOptions = {
    ladder: LADDER,
    isTested,
    unwiredFlowControl: 'rts',
    ceiling: Math.min(limit.ceiling(clock.now()), isTested ? Infinity : rate),
    wires: isTested ? wires : untestedWires,
  };
  const climb = new Climb(access, port, { rate, flowControl }, options);
  if (climb.isAtTop) return 'done';
  const { run } = access;
  if (isTested) {
    client.assume({ echoOff: false });
    await run(echoOn());
  }
  if (!(await climb.run())) throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
  if (isTested) {
    await run(echoOff());
    client.assume({ echoOff: true });
  }
  limit.climbed(climb, clock.now());
  port.remember();
  return climb.wasSilent ? 'restarted' : 'done';
}
