import type { AtClient } from '../../at/at-client';
import { onTimeout, type Cancel } from '../../clock';
import { asEspAtError, EspAtError } from '../../errors';
import { climb, type ClimbContext, type ClimbResult } from './climb';

/** Milliseconds between checks whether all links are closed: only then the driver tries a failed rate again. */
const RETRY_POLL_MS = 10 * 60_000;

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
    let result: ClimbResult;
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
