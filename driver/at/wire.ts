import type { Clock } from '../clock';

/** Bits on the line for a byte: start, eight data bits, stop. */
const BITS_A_BYTE = 10;
/** Bits a second that are assumed of what comes in over a line of which none are known, such as a bridge's. */
const USUAL_RATE = 115_200;

/** The line below the session. */
export interface PortWriter {
  write(bytes: Uint8Array): void;
  /** Bytes written that are still to go out. */
  readonly pendingBytes: number;
  /** Bits a second, where known. */
  readonly rate: number | undefined;
}

/** The line with its time: whoever waits for an answer has to know how long the question takes. */
export class Wire {
  readonly clock: Clock;
  readonly #line: PortWriter;

  constructor(line: PortWriter, clock: Clock) {
    this.clock = clock;
    this.#line = line;
  }

  write(bytes: Uint8Array): void {
    try {
      this.#line.write(bytes);
    } catch {
      // The port is gone; whoever owns it is being told, and will reset the session.
    }
  }

  /** Bytes that are still on their way out. */
  get pending(): number {
    return this.#line.pendingBytes;
  }

  /** Milliseconds that so many received bytes took up on the line. */
  arrival(bytes: number): number {
    return (bytes * BITS_A_BYTE * 1000) / (this.#line.rate ?? USUAL_RATE);
  }

  /** Milliseconds that so many bytes need on the line; 0 where it has no rate. */
  duration(bytes: number): number {
    const { rate } = this.#line;
    return rate ? (bytes * BITS_A_BYTE * 1000) / rate : 0;
  }
}
