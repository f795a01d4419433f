import type { Clock } from '../clock';

/** Timers of the machine may fire a little early, in milliseconds. */
const tolerance = 5;

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
   * @param pingInterval milliseconds without traffic after which a ping is due
   * @param pongTimeout milliseconds after a ping without any pong
   */
  constructor(clock: Clock, pingInterval: number, pongTimeout: number) {
    this.#clock = clock;
    this.#pingInterval = pingInterval;
    this.#pongTimeout = pongTimeout;
    this.#pinged = clock.now();
  }

  get pingDue(): boolean {
    return this.#untilPing <= tolerance;
  }

  get pongOverdue(): boolean {
    return this.#untilPong <= tolerance;
  }

  /** Milliseconds until one of the two is so; less than 0 when it has been for some time. */
  get rest(): number {
    return Math.min(this.#untilPing, this.#untilPong) - tolerance;
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
    return this.#pinged + this.#pingInterval - this.#clock.now();
  }

  get #untilPong(): number {
    if (this.#unanswered === undefined) return Infinity;
    return this.#unanswered + this.#pongTimeout - this.#clock.now();
  }
}
