import type { Clock } from '../clock';

/** The firmware counts in whole milliseconds and wants more than the interval, not just as much. */
const MARGIN_MS = 0.75;

/** Milliseconds between looks at timers and at whether to stop, while the socket is quiet. */
const POLL_INTERVAL_MS = 1_000;
/** Milliseconds that the rest of such a round takes: two rounds see that a timer of two seconds has passed. */
const ROUND_OVERHEAD_MS = 0.5;
const SHORT_OVERHEAD_MS = 0.3;

/** Milliseconds of a round of a link's task in which nothing comes. @param short see `shortRounds` of the client */
export const roundLength = (short: boolean): number =>
  POLL_INTERVAL_MS + (short ? SHORT_OVERHEAD_MS : ROUND_OVERHEAD_MS);

export type KeepaliveTimer = 'ping' | 'pong';

/** When a connection's next ping is due, and when its pong is overdue. */
export class Keepalive {
  readonly #clock: Clock;
  readonly #pingInterval: number;
  readonly #pongTimeout: number;
  #pinged: number;
  /** When the first ping went out that no pong has answered yet. */
  #unanswered: number | undefined;

  /**
   * Counts from now on. A reconnect does not start it anew, so that its first ping may be due at once.
   *
   * @param times in seconds: without traffic after which a ping is due, and after a ping without any pong
   */
  constructor(
    clock: Clock,
    times: { readonly pingInterval: number; readonly pongTimeout: number },
  ) {
    this.#clock = clock;
    this.#pingInterval = times.pingInterval * 1000;
    this.#pongTimeout = times.pongTimeout * 1000;
    this.#pinged = clock.now();
  }

  get pingDue(): boolean {
    return this.#untilPing < 0;
  }

  get pongOverdue(): boolean {
    return this.#untilPong < 0;
  }

  /** The timer that passes first, and at the end of which round of `length` milliseconds it has. */
  next(length: number): { readonly timer: KeepaliveTimer; readonly rounds: number } {
    const timer = this.#untilPong < this.#untilPing ? 'pong' : 'ping';
    const rest = Math.min(this.#untilPing, this.#untilPong);
    return { timer, rounds: Math.max(1, Math.ceil(rest / length)) };
  }

  /** A new connection waits for no pong. */
  connected(): void {
    this.#unanswered = undefined;
  }

  pingSent(): void {
    this.#unanswered ??= this.#clock.now();
  }

  pongReceived(): void {
    this.#unanswered = undefined;
  }

  /** Traffic, or the attempt to ping, puts the next ping off. */
  postpone(): void {
    this.#pinged = this.#clock.now();
  }

  get #untilPing(): number {
    return this.#pinged + this.#pingInterval + MARGIN_MS - this.#clock.now();
  }

  get #untilPong(): number {
    if (this.#unanswered === undefined) return Infinity;
    return this.#unanswered + this.#pongTimeout + MARGIN_MS - this.#clock.now();
  }
}
