import type { AtClient } from '../../at/at-client';
import { onTimeout, type Cancel, type Clock } from '../../clock';
import { asEspAtError, EspAtError } from '../../errors';
import type { SessionPort } from '../session/session-port';
import { climb, type ClimbResult } from './climb';
import type { RateLimit } from './rate-limit';

/** Milliseconds between looks whether all links are closed, which the next trial of a failed rate requires. */
const LOOK_AGAIN_MS = 10 * 60_000;

export interface AutomaticRateContext {
  readonly client: AtClient;
  readonly port: SessionPort;
  readonly limit: RateLimit;
  readonly clock: Clock;
  /** Aborts with the boot. */
  readonly signal: AbortSignal;
}

/** `lost`: the device does not answer, or may have restarted. */
export type AutomaticRateEvent =
  | { readonly kind: 'done' }
  | { readonly kind: 'lowered'; readonly error: EspAtError }
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

  /** Call when a response is lost or corrupt. */
  outOfSync(): void {
    const { port, limit, clock } = this.#context;
    const { baudRate, startRate } = port;
    if (!port.isAutomatic || baudRate === undefined || baudRate <= (startRate ?? 0)) return;
    if (!limit.outOfSync(clock.now())) return;
    limit.failed(baudRate, clock.now());
    void this.#climb().then(() => {
      if (port.baudRate === baudRate || port.baudRate === undefined) return;
      const details = { rate: baudRate, before: port.baudRate };
      this.#listener({ kind: 'lowered', error: new EspAtError('RATE_NOT_NEGOTIATED', details) });
    });
  }

  /** Runs a climb as a command sequence: before queued messages, and after the running command. */
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
    this.#listener({ kind: 'done' });
    this.#climbLater(result === 'slow' ? 0 : this.#context.limit.retryAt);
  }

  #climbLater(retryAt: number | undefined): void {
    const { client, clock } = this.#context;
    if (retryAt === undefined) return;
    const ms = Math.max(retryAt - clock.now(), LOOK_AGAIN_MS);
    this.#timer = onTimeout(clock, ms, () => {
      if (client.hasConnection) this.#climbLater(retryAt);
      else void this.#climb();
    });
  }
}
