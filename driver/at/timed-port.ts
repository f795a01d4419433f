import type { Clock } from '../clock';
import type { PortWriter } from './types';

/** Bits on the port for a byte: start, eight data bits, stop. */
const BITS_PER_BYTE = 10;
/** Bits per second that are assumed of what is received from a port without a known rate, such as a bridge's. */
const USUAL_RATE = 115_200;

/** The port with its time: who waits for a response has to know how long the question takes. */
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
      // The port is gone. Its owner learns it from the port, and will reset the client.
    }
  }

  /** Bytes written that have not left yet. */
  get pendingBytes(): number {
    return this.#port.pendingBytes;
  }

  /** Milliseconds that so many received bytes took up on the port. */
  receptionMs(bytes: number): number {
    return (bytes * BITS_PER_BYTE * 1000) / (this.#port.rate ?? USUAL_RATE);
  }

  /** Milliseconds that so many bytes need to leave; 0 where the rate is not known. */
  transmissionMs(bytes: number): number {
    const { rate } = this.#port;
    return rate ? (bytes * BITS_PER_BYTE * 1000) / rate : 0;
  }
}
