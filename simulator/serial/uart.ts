import type { Clock } from '../clock';
import type { Random } from '../random';

/** The settings of `AT+UART_CUR`. */
export interface UartSettings {
  /** Bits a second, 80-5000000. */
  readonly rate: number;
  /** 5-8. */
  readonly dataBits: number;
  /** 1 one · 2 one and a half · 3 two. */
  readonly stopBits: number;
  /** 0 none · 1 odd · 2 even. */
  readonly parity: number;
  /** 0 none · 1 RTS · 2 CTS · 3 both. */
  readonly flowControl: number;
}

/** The settings after power-up. */
export const defaultUartSettings: UartSettings = {
  rate: 115200,
  dataBits: 8,
  stopBits: 1,
  parity: 0,
  flowControl: 1,
};

/** Both ends of a port, its clock and its random source. */
export interface UartEnds {
  /** The device's clock. */
  readonly clock: Clock;
  /** The device's random source. */
  readonly random: Random;
  /** Delivers bytes to the device, as one read of its UART driver. */
  toDevice(piece: Buffer): void;
  /** Delivers bytes to the host. */
  toHost(bytes: Buffer): void;
  /** Called when the transmit ring has room again. */
  drained(): void;
}

/** The device's UART and its connection to the host. */
export interface Uart {
  /** Queues bytes for the host, in order, however many there are. */
  transmit(bytes: Buffer): void;
  /** Whether the transmit ring has no room: a sender that can wait does, until `drained`. */
  readonly full: boolean;
  /** Bytes on their way to the host. */
  readonly queuedToHost: number;
  /** Bytes on their way to the device. */
  readonly queuedToDevice: number;
  /** Queues bytes from the host. */
  receive(bytes: Uint8Array): void;
  /** Stops the output to the host, as RTS/CTS does. */
  hold(): void;
  /** Resumes the output after {@link hold}. */
  release(): void;
  /** Changes the format once everything queued so far has left. */
  configure(settings: UartSettings): void;
  /** Drops the bytes queued for the host, for a fault. Calls `drained` after this turn if the ring was full. */
  discard(): void;
  /** Called when the device restarts: drops the transmit ring. Left out where bytes take no time. */
  restarted?(): void;
  /** Called when the device loses power: drops all bytes and cancels every timer. */
  reset(): void;
}

/** Makes the UART of one device. */
export type UartFactory = (ends: UartEnds) => Uart;

/** Size of the transmit ring in the UART driver of the real device. */
export const TRANSMIT_RING_BYTES = 8192;

/** A UART on which bytes take no time. The host gets one chunk for each turn. */
export const directUart: UartFactory = (ends) => new DirectUart(ends);

class DirectUart implements Uart {
  readonly queuedToDevice = 0;
  readonly #ends: UartEnds;
  #queue: Buffer[] = [];
  #queued = 0;
  #held = false;
  #scheduled = false;

  constructor(ends: UartEnds) {
    this.#ends = ends;
  }

  get full(): boolean {
    return this.#held && this.#queued >= TRANSMIT_RING_BYTES;
  }

  get queuedToHost(): number {
    return this.#queued;
  }

  transmit(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    this.#schedule();
  }

  receive(bytes: Uint8Array): void {
    this.#ends.toDevice(Buffer.from(bytes));
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    if (!this.#held) return;
    const wasFull = this.full;
    this.#held = false;
    this.#schedule();
    if (wasFull) this.#ends.drained();
  }

  configure(): void {
    // There is no rate to change.
  }

  discard(): void {
    const wasFull = this.full;
    this.reset();
    if (wasFull) queueMicrotask(() => this.#ends.drained());
  }

  reset(): void {
    this.#queue = [];
    this.#queued = 0;
  }

  #schedule(): void {
    if (this.#scheduled || this.#held || this.#queued === 0) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#held || this.#queued === 0) return;
    const queue = this.#queue;
    const total = this.#queued;
    this.#queue = [];
    this.#queued = 0;
    const [first] = queue;
    this.#ends.toHost(queue.length === 1 && first ? first : Buffer.concat(queue, total));
  }
}
