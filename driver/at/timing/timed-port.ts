import { BLOCKED_LOOP_MS, type Clock } from '../../clock';
import type { PortWriter, RateOrigin } from '../types';
import { IdleTimer } from './idle-timer';

/** Bits on the port for a byte: start, eight data bits, stop. */
const BITS_PER_BYTE = 10;
/** Bits a second to assume for received bytes where the rate of the port is unknown, for example behind a bridge. */
const ASSUMED_RATE = 115_200;

/** Milliseconds by which bytes may come sooner than the assumed rate allows: bridges and USB deliver unevenly. */
const MAX_LEAD_MS = 500;
/** Milliseconds in which the host reads, after a block of its event loop, the bytes that came meanwhile: the backlog. */
const BACKLOG_MS = 250;

/** A port that knows how long bytes occupy it, and measures its idle time for the timeouts of responses. */
export class TimedPort {
  readonly clock: Clock;
  /** The port idle time since the last {@link request} or {@link restartTimer}. */
  readonly timer: IdleTimer;
  readonly #port: PortWriter;
  /** The port is this many times faster than assumed: the user may have declared a wrong rate. */
  #speed = 1;
  /** The rate that {@link #speed} and {@link #lead} refer to. */
  #declaredRate: number | undefined;
  /** Milliseconds by which the received bytes are ahead of the assumed rate; below 0 during a backlog. */
  #lead = 0;
  #heardAt = -Infinity;
  /** Clock time of the first bytes after a pause: a backlog may begin with them. */
  #backlogAt = 0;
  /** Clock time at which the last byte of the last request has left. */
  #leavesAt = 0;
  /** Bytes that had not left at the last check of {@link restartTimerIfBytesLeave}. */
  #checkedBytes = Infinity;

  constructor(port: PortWriter, clock: Clock) {
    this.clock = clock;
    this.timer = new IdleTimer(clock);
    this.#port = port;
  }

  /** Writes bytes that the device responds to, and counts port idle time from the last one on. */
  request(bytes: Uint8Array): void {
    const { rate } = this.#port;
    // The time that they need to leave; none where the rate is unknown.
    this.#leavesAt = this.clock.now() + (rate ? (bytes.length * BITS_PER_BYTE * 1000) / rate : 0);
    this.#checkedBytes = Infinity;
    this.restartTimer();
    this.write(bytes);
  }

  /** Counts port idle time anew, from now on, or from the time at which the last request has left. */
  restartTimer(): void {
    this.timer.restart(Math.max(this.clock.now(), this.#leavesAt), this.slowness);
  }

  /**
   * Counts anew where bytes have left since the last check, and more are pending: a slow port is still writing. So does the
   * first check after a request while bytes are pending. From then on, a port that takes no bytes counts as idle.
   * @returns whether the idle time counts anew
   */
  restartTimerIfBytesLeave(): boolean {
    const before = this.#checkedBytes;
    this.#checkedBytes = this.pendingBytes;
    const leave = this.#checkedBytes > 0 && this.#checkedBytes < before;
    if (leave) this.restartTimer();
    return leave;
  }

  write(bytes: Uint8Array): void {
    try {
      this.#port.write(bytes);
    } catch {
      // The port is gone. Its owner learns that from the port, and resets the client.
    }
  }

  get slowness(): number {
    return this.#port.slowness ?? 1;
  }

  get rateOrigin(): RateOrigin {
    return this.#port.rateOrigin ?? 'start';
  }

  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  /**
   * Milliseconds for which the bytes received now occupied the port. Where more come than the assumed rate allows,
   * assumes the double rate from then on: with too low a rate an ordinary stream would look like a flood.
   */
  receptionMs(bytes: number): number {
    const now = this.clock.now();
    const { rate = ASSUMED_RATE } = this.#port;
    if (rate !== this.#declaredRate) {
      this.#speed = 1;
      this.#lead = 0;
    }
    this.#declaredRate = rate;
    const duration = (bytes * BITS_PER_BYTE * 1000) / (rate * this.#speed);
    this.#lead = this.#leadBefore(now) + duration - (now - this.#heardAt);
    this.#heardAt = now;
    if (this.#lead > MAX_LEAD_MS) {
      this.#speed *= 2;
      this.#lead = 0;
    }
    return duration;
  }

  /**
   * Returns the lead before these bytes. A pause makes it negative: bytes that waited during the pause (the backlog) may come
   * faster than the rate. After the backlog a negative lead counts as 0.
   */
  #leadBefore(now: number): number {
    const isBacklog = now - this.#heardAt <= BLOCKED_LOOP_MS && now - this.#backlogAt <= BACKLOG_MS;
    if (now - this.#heardAt > BLOCKED_LOOP_MS) this.#backlogAt = now;
    return isBacklog ? this.#lead : Math.max(0, this.#lead);
  }
}
