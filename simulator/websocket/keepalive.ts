import type { Clock } from '../clock';

/** While the socket is idle, the task checks its timers, and whether to stop, at this interval. */
const POLL_INTERVAL_MS = 1_000;
/** Duration of the rest of a round, which is one pass of the task's loop. */
const ROUND_OVERHEAD_MS = 0.5;
const SHORT_ROUND_OVERHEAD_MS = 0.3;
/**
 * A timer expires only when more than its interval has passed: one of 2 s after two rounds (2001 ms), but not after two
 * short ones (2000.6 ms).
 */
const EXPIRY_MARGIN_MS = 0.75;

/** Milliseconds of an idle round of a link's task. @param short see `hasShortRounds` of the firmware */
export const roundMs = (short: boolean): number =>
  POLL_INTERVAL_MS + (short ? SHORT_ROUND_OVERHEAD_MS : ROUND_OVERHEAD_MS);

export type KeepaliveTimer = 'ping' | 'pong';

/** When a connection's next ping is due, and when its pong is overdue. */
export class Keepalive {
  readonly #clock: Clock;
  readonly #pingInterval: number;
  readonly #pongTimeout: number;
  #lastTraffic: number;
  /** When the client sent the first ping since the last pong. */
  #unansweredPing: number | undefined;

  /**
   * Starts the ping interval. A reconnect does not restart it, so that its first ping may be due at once.
   *
   * @param times in seconds
   */
  constructor(
    clock: Clock,
    times: { readonly pingInterval: number; readonly pongTimeout: number },
  ) {
    this.#clock = clock;
    this.#pingInterval = times.pingInterval * 1000;
    this.#pongTimeout = times.pongTimeout * 1000;
    this.#lastTraffic = clock.now();
  }

  get pingDue(): boolean {
    return this.#untilPing < 0;
  }

  get pongOverdue(): boolean {
    return this.#untilPong < 0;
  }

  /** The timer that expires first, and the count of rounds of `length` milliseconds until then. */
  next(length: number): { readonly timer: KeepaliveTimer; readonly rounds: number } {
    const timer = this.#untilPong < this.#untilPing ? 'pong' : 'ping';
    const rest = Math.min(this.#untilPing, this.#untilPong);
    return { timer, rounds: Math.max(1, Math.ceil(rest / length)) };
  }

  /** Call at each connect: forgets the pings of the connection before. */
  connected(): void {
    this.#unansweredPing = undefined;
  }

  pingSent(): void {
    this.#unansweredPing ??= this.#clock.now();
  }

  pongReceived(): void {
    this.#unansweredPing = undefined;
  }

  /** Call at traffic and before a ping: restarts the ping interval. */
  postponePing(): void {
    this.#lastTraffic = this.#clock.now();
  }

  get #untilPing(): number {
    return this.#lastTraffic + this.#pingInterval + EXPIRY_MARGIN_MS - this.#clock.now();
  }

  get #untilPong(): number {
    if (this.#unansweredPing === undefined) return Infinity;
    return this.#unansweredPing + this.#pongTimeout + EXPIRY_MARGIN_MS - this.#clock.now();
  }
}
