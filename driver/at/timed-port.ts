import type { Clock } from '../clock';
import type { PortWriter } from './types';

/** Bits on the port for a byte: start, eight data bits, stop. */
const BITS_PER_BYTE = 10;
/** Bits a second to assume for received bytes where the port's rate is unknown, for example a bridge's. */
const USUAL_RATE = 115_200;

/** A port that tells how long bytes occupy it: response timeouts exclude that time. */
export class TimedPort {
  readonly clock: Clock;
  readonly #port: PortWriter;

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

  /** Milliseconds that received bytes occupied the port. */
  receptionMs(bytes: number): number {
    return (bytes * BITS_PER_BYTE * 1000) / (this.#port.rate ?? USUAL_RATE);
  }

  /** Milliseconds that bytes need to leave; 0 where the rate is unknown. */
  transmissionMs(bytes: number): number {
    const { rate } = this.#port;
    return rate ? (bytes * BITS_PER_BYTE * 1000) / rate : 0;
  }
}
