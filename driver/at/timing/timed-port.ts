import { LATE_MS, type Clock } from '../../clock';
import type { PortWriter } from '../types';

/** Bits on the port for a byte: start, eight data bits, stop. */
const BITS_PER_BYTE = 10;
/** Bits a second to assume for received bytes where the port's rate is unknown, for example a bridge's. */
const USUAL_RATE = 115_200;

/** Milliseconds by which bytes may come sooner than the assumed rate allows: bridges and USB deliver unevenly. */
const MAX_LEAD_MS = 500;
/** Milliseconds in which the host reads what has come while its event loop was blocked. */
const BACKLOG_MS = 250;

/** A port that tells how long bytes occupy it: response timeouts exclude that time. */
export class TimedPort {
  readonly clock: Clock;
  readonly #port: PortWriter;
  /** How many times faster the port is than assumed: the user may have declared a wrong rate. */
  #speed = 1;
  /** The rate of the port to which {@link #speed} and {@link #lead} belong. */
  #speedFor: number | undefined;
  /** Milliseconds by which the received bytes are ahead of the assumed rate; below 0, behind it in a backlog. */
  #lead = 0;
  #heardAt = -Infinity;
  /** When bytes came after a time without any: those of a backlog may have come any time before. */
  #backlogAt = 0;

  constructor(port: PortWriter, clock: Clock) {
    this.clock = clock;
    this.#port = port;
  }

  write(bytes: Uint8Array): void {
    try {
      this.#port.write(bytes);
    } catch {
      // The port is gone. Its owner learns that from the port, and resets the client.
    }
  }

  /** How many times as long as usual a response may take. */
  get slowness(): number {
    return this.#port.slowness ?? 1;
  }

  /** Bytes that are written and have not left yet. */
  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  /**
   * Milliseconds for which the bytes received now occupied the port. Where more come than the assumed rate allows,
   * assumes the double rate from then on: with too low a rate an ordinary stream would look like a flood.
   */
  receptionMs(bytes: number): number {
    const now = this.clock.now();
    const { rate = USUAL_RATE } = this.#port;
    if (rate !== this.#speedFor) {
      this.#speed = 1;
      this.#lead = 0;
    }
    this.#speedFor = rate;
    const duration = (bytes * BITS_PER_BYTE * 1000) / (rate * this.#speed);
    this.#lead = this.#leadBefore(now) + duration - (now - this.#heardAt);
    this.#heardAt = now;
    if (this.#lead > MAX_LEAD_MS) {
      this.#speed *= 2;
      this.#lead = 0;
    }
    return duration;
  }

  /** A time without bytes lets only those catch up that come together behind it. */
  #leadBefore(now: number): number {
    const isBacklog = now - this.#heardAt <= LATE_MS && now - this.#backlogAt <= BACKLOG_MS;
    if (now - this.#heardAt > LATE_MS) this.#backlogAt = now;
    return isBacklog ? this.#lead : Math.max(0, this.#lead);
  }

  /** Milliseconds that bytes need to leave; 0 where the rate is unknown. */
  transmissionMs(bytes: number): number {
    const { rate } = this.#port;
    return rate ? (bytes * BITS_PER_BYTE * 1000) / rate : 0;
  }
}
