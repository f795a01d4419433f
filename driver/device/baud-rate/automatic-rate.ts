import type { AtClient } from '../../at/at-client';
import type { SequenceAccess } from '../../at/command-sequence';
import { onTimeout, type Cancel, type Clock } from '../../clock';
import { echoOff, echoOn } from '../../commands/base';
import { runOptionalQuery } from '../../commands/run-query';
import { uartQuery } from '../../commands/uart';
import { asEspAtError, EspAtError } from '../../errors';
import type { SessionMachine } from '../session/session-machine';
import type { SessionPort } from '../session/session-port';
import type { Period } from '../session/session-state';
import { Climb, type ClimbOptions } from './climb';
import { LADDER } from './rates';

/** Milliseconds between checks whether all links are closed: only then the driver tries a failed rate again. */
const RETRY_POLL_MS = 10 * 60_000;

/** A device that takes longer to respond is too slow for a climb: it would seem silent at a new rate. */
const SLOW_RESPONSE_MS = 100;

/**
 * Keeps a device at the best baud rate: climbs once it is ready, goes down when responses are lost or corrupt, and
 * rarely tries to go up again.
 */
export class AutomaticRate {
  readonly #machine: SessionMachine;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #beginAgain: (error: EspAtError) => void;
  #timer: Cancel | undefined;

  /** @param beginAgain called where the device does not answer, or may have restarted */
  constructor(
    machine: SessionMachine,
    { signal }: Period,
    beginAgain: (error: EspAtError) => void,
  ) {
    this.#machine = machine;
    this.#clock = machine.context.options.clock;
    this.#signal = signal;
    this.#beginAgain = beginAgain;
    signal.addEventListener('abort', () => this.#timer?.(), { once: true });
    if (machine.port.isAutomatic) void this.#climb();
  }

  /** A response is lost or corrupt. */
  responseLost(): void {
    const { port, context } = this.#machine;
    const { baudRate, startRate } = port;
    const { rateLimit } = port.knowledge;
    if (!port.isAutomatic || baudRate === undefined || baudRate <= (startRate ?? 0)) return;
    if (!rateLimit.responseLost(this.#clock.now())) return;
    rateLimit.rateFailed(baudRate, this.#clock.now());
    void this.#climb().then(() => {
      if (port.baudRate === baudRate || port.baudRate === undefined) return;
      const details = { rate: baudRate, current: port.baudRate };
      context.emitter.emit('warning', new EspAtError('RATE_NOT_NEGOTIATED', details));
    });
  }

  /** Runs a climb as a command sequence: after the running command, before queued messages. */
  async #climb(): Promise<void> {
    const { client, port } = this.#machine;
    const clock = this.#clock;
    const signal = this.#signal;
    this.#timer?.();
    let result: Awaited<ReturnType<typeof climb>>;
    try {
      result = await client.sequence((access) => climb(access, client, port, clock), { signal });
      signal.throwIfAborted();
      if (result === 'restarted') throw new EspAtError('DEVICE_RESTARTED');
    } catch (error) {
      if (!signal.aborted) this.#beginAgain(asEspAtError(error));
      return;
    }
    this.#machine.inSync();
    // Where the device responds slowly, at the next poll.
    this.#climbLater(result === 'slow' ? -Infinity : port.knowledge.rateLimit.retryAt);
  }

  #climbLater(retryAt: number | undefined): void {
    if (retryAt === undefined || this.#signal.aborted) return;
    const ms = Math.max(retryAt - this.#clock.now(), RETRY_POLL_MS);
    // Overlapping climbs each set a timer.
    this.#timer?.();
    this.#timer = onTimeout(this.#clock, ms, () => {
      if (this.#machine.client.hasConnection) this.#climbLater(retryAt);
      else void this.#climb();
    });
  }
}

/**
 * Changes to the highest baud rate at which data passes without a fault, or down to the highest that the limit allows.
 * While a link has a connection, it only goes down, and tests nothing. Returns `slow` where the device responds too
 * slowly now, and `restarted` where it may have restarted in the climb.
 */
export async function climb(
  access: SequenceAccess,
  client: Pick<AtClient, 'setEchoOff' | 'hasConnection'>,
  port: SessionPort,
  clock: Clock,
): Promise<'done' | 'slow' | 'restarted'> {
  const rate = port.baudRate;
  const { rateLimit } = port.knowledge;
  if (!port.canSetRate || rate === undefined || !(await port.hasModemLines())) return 'done';
  const start = clock.now();
  const uart = await runOptionalQuery(access.run, uartQuery);
  if (!uart) return 'done';
  const { flowControl } = uart;
  if (clock.now() - start > SLOW_RESPONSE_MS) return 'slow';
  const isTested = !client.hasConnection;
  const wires = rateLimit.wiresWork ? 'unknown' : 'none';
  // While a link has a connection, only the rate changes.
  const wiresInUse = port.usesFlowControl ? 'proven' : 'none';
  const options: ClimbOptions = {
    ladder: LADDER,
    isTested,
    unwiredFlowControl: 'rts',
    ceiling: Math.min(rateLimit.ceiling(clock.now()), isTested ? Infinity : rate),
    wires: isTested ? wires : wiresInUse,
  };
  const attempt = new Climb(access, port, { rate, flowControl }, options);
  if (attempt.isAtTop) return 'done';
  const { run } = access;
  if (isTested) {
    client.setEchoOff(false);
    await run(echoOn);
  }
  const isFound = await attempt.run();
  rateLimit.climbed(attempt, isFound, clock.now());
  if (!isFound) throw new EspAtError('DEVICE_UNRESPONSIVE', { port: port.address });
  if (isTested) {
    await run(echoOff);
    client.setEchoOff(true);
  }
  port.memory.baudRate = port.baudRate;
  return attempt.mayHaveRestarted ? 'restarted' : 'done';
}
