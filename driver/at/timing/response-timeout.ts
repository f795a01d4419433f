import type { Clock } from '../../clock';
import type { TimedPort } from './timed-port';
import { IdleTimer } from './idle-timer';

/** Measures port idle time after each write of a transaction, and calls `check` when a timeout may be over. */
export class ResponseTimeout {
  readonly #clock: Clock;
  readonly #port: TimedPort;
  readonly #check: () => void;
  readonly #timer: IdleTimer;
  /** Bytes that had not left at the last check. */
  #pendingBytes = Infinity;

  constructor(clock: Clock, port: TimedPort, check: () => void) {
    this.#clock = clock;
    this.#port = port;
    this.#check = check;
    this.#timer = new IdleTimer(clock);
  }

  /** Milliseconds of port idle time since the last {@link write}, or since bytes left. */
  get idle(): number {
    return this.#timer.idle;
  }

  /** Milliseconds since then, less those in which the event loop was blocked. */
  get elapsed(): number {
    return this.#timer.elapsed;
  }

  /** Call when bytes come in. @param duration milliseconds that they occupied the port */
  heard(now: number, duration: number): void {
    this.#timer.heard(now, duration);
  }

  /**
   * Writes a line or a payload, and counts idle time from its last byte on.
   * @param checkInMs milliseconds of port idle time until the check
   */
  write(bytes: Uint8Array, checkInMs: number): void {
    this.#timer.restart(this.#clock.now() + this.#port.transmissionMs(bytes.length));
    this.#pendingBytes = Infinity;
    this.watch(checkInMs);
    this.#port.write(bytes);
  }

  /** Checks after so many milliseconds more of port idle time, or sooner. */
  watch(checkInMs: number): void {
    this.#timer.watch(checkInMs, this.#check);
  }

  /**
   * Counts anew where bytes have left since the last check, and more are pending: a slow port is still writing. A port
   * that takes no bytes at all counts as idle.
   * @returns whether the idle time counts anew
   */
  restartIfBytesLeave(now: number): boolean {
    const before = this.#pendingBytes;
    this.#pendingBytes = this.#port.pendingBytes;
    const leave = this.#pendingBytes > 0 && this.#pendingBytes < before;
    if (leave) this.#timer.restart(now);
    return leave;
  }

  stop(): void {
    this.#timer.stop();
  }
}
