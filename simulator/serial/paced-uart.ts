import { Lag } from './lag';
import { PacedQueue } from './paced-queue';
import { readAtRate } from './rate-mismatch';
import {
  defaultUartSettings,
  TRANSMIT_RING_BYTES,
  type Uart,
  type UartEnds,
  type UartSettings,
} from './uart';

/** Length of the chunks in which a long output reaches the host. */
const HOST_CHUNK_MS = 4;
/** The device reads its receive FIFO at this level, or when the line is idle. */
const FIFO_THRESHOLD_BYTES = 120;
/** Absorbs rounding errors when times are compared. */
const ROUNDING_MS = 1e-6;
/** UARTs tolerate rates that differ by less. */
const SAME_RATE_FRACTION = 0.01;
/** Bits of the flow control of `AT+UART_CUR`: the device drives RTS, the device waits for CTS. */
const DRIVES_RTS = 1;
const HEEDS_CTS = 2;

export interface PacedLineOptions {
  /** Bits a second at the host's end; default: the device's rate. */
  readonly hostRate?: number;
  /** Whether RTS and CTS are wired; default true. Without the wires a device that heeds CTS sends nothing. */
  readonly rtsCts?: boolean;
  /** Probability, 0 to 1, that a byte is corrupted at a rate. Default: 0. */
  readonly corruption?: (rate: number) => number;
}

/** Both directions of a paced line, for one device. */
export class PacedUart implements Uart {
  readonly #ends: UartEnds;
  readonly #toHost = new PacedQueue();
  readonly #toDevice = new PacedQueue();
  readonly #hostLag = new Lag();
  readonly #deviceLag = new Lag();
  readonly #options: PacedLineOptions;
  /** The rate at which the host reads. */
  #hostRate: number | undefined;
  /** The rate of the host's queued bytes: becomes {@link #hostRate} once the bytes before the change have left. */
  #hostWriteRate: number | undefined;
  #settings: UartSettings = defaultUartSettings;
  #held = false;
  #isArming = false;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(ends: UartEnds, options: PacedLineOptions, hostRate: number | undefined) {
    this.#ends = ends;
    this.#options = options;
    this.#hostRate = hostRate;
    this.#hostWriteRate = hostRate;
    this.#setByteTimes();
  }

  get full(): boolean {
    return this.#toHost.length >= TRANSMIT_RING_BYTES;
  }

  get queuedToHost(): number {
    return this.#toHost.length;
  }

  get queuedToDevice(): number {
    return this.#toDevice.length;
  }

  transmit(bytes: Buffer): void {
    this.#toHost.add(bytes, this.#deviceLag.wireTime(this.#ends.clock.now()));
    this.#armSoon();
  }

  receive(bytes: Uint8Array): void {
    this.#toDevice.add(Buffer.from(bytes), this.#hostLag.wireTime(this.#ends.clock.now()));
    this.#armSoon();
  }

  hold(): void {
    if (this.#held) return;
    this.#deliver();
    this.#held = true;
    this.#armSoon();
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#toHost.postpone(this.#ends.clock.now());
    this.#armSoon();
  }

  configure(settings: UartSettings): void {
    this.#toHost.change(() => {
      this.#settings = settings;
      this.#setByteTimes();
    });
  }

  setHostRate(rate: number | undefined): void {
    this.#hostRate = rate;
    this.#toDevice.change(() => {
      this.#hostWriteRate = rate;
      this.#setByteTimes();
    });
  }

  discard(): void {
    const wasFull = this.full;
    this.restarted();
    if (wasFull) queueMicrotask(() => this.#ends.drained());
  }

  restarted(): void {
    this.#toHost.clear();
    this.#armSoon();
  }

  reset(): void {
    this.#toHost.clear();
    this.#toDevice.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Whether no byte leaves the device: the output is held, or the device waits for a CTS that is not wired. */
  get #stopped(): boolean {
    return this.#held || (!this.#isWired && (this.#settings.flowControl & HEEDS_CTS) !== 0);
  }

  get #isWired(): boolean {
    return this.#options.rtsCts !== false;
  }

  get cts(): boolean {
    return this.#isWired && (this.#settings.flowControl & DRIVES_RTS) !== 0;
  }

  #setByteTimes(): void {
    const { rate, dataBits, stopBits, parity } = this.#settings;
    const bits = 1 + dataBits + (parity === 0 ? 0 : 1) + (stopBits + 1) / 2;
    this.#toHost.byteMs = (bits * 1000) / rate;
    this.#toDevice.byteMs = (bits * 1000) / (this.#hostWriteRate ?? rate);
  }

  /** Arms the timer of the next delivery at the end of this turn. */
  #armSoon(): void {
    if (this.#isArming) return;
    this.#isArming = true;
    queueMicrotask(() => {
      this.#isArming = false;
      this.#arm();
    });
  }

  #arm(): void {
    const toHost = Math.max(1, Math.round(HOST_CHUNK_MS / this.#toHost.byteMs));
    const due = Math.min(
      this.#stopped ? Infinity : (this.#toHost.due(toHost) ?? Infinity),
      this.#toDevice.due(FIFO_THRESHOLD_BYTES) ?? Infinity,
    );
    if (this.#timer && this.#timer.at <= due && due !== Infinity) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (due === Infinity) return;
    const now = this.#ends.clock.now();
    if (due <= now) {
      this.#wake();
      return;
    }
    const cancel = this.#ends.clock.after(due - now, () => {
      this.#timer = undefined;
      this.#wake();
    });
    this.#timer = { at: due, cancel };
  }

  #wake(): void {
    this.#deliver();
    this.#armSoon();
  }

  #deliver(): void {
    const now = this.#ends.clock.now();
    if ((this.#toDevice.due(FIFO_THRESHOLD_BYTES) ?? Infinity) <= now + ROUNDING_MS)
      this.#deliverToDevice(now);
    if (this.#stopped) return;
    const waiting = this.#toHost.length;
    this.#toHost.deliver(now, (bytes, end) => {
      this.#hostLag.noteDelivery(now, end);
      const read = this.#read(bytes, this.#settings.rate, this.#hostRate);
      if (read.length > 0) this.#ends.toHost(read);
    });
    if (waiting >= TRANSMIT_RING_BYTES && !this.full) this.#ends.drained();
  }

  #deliverToDevice(now: number): void {
    this.#toDevice.deliver(now, (bytes, end) => {
      this.#deviceLag.noteDelivery(now, end);
      const piece = this.#read(bytes, this.#hostWriteRate, this.#settings.rate);
      if (piece.length > 0) this.#ends.toDevice(piece);
    });
  }

  #read(bytes: Buffer, sentAt: number | undefined, readAt: number | undefined): Buffer {
    const isSame =
      sentAt === undefined ||
      readAt === undefined ||
      Math.abs(sentAt / readAt - 1) < SAME_RATE_FRACTION;
    return this.#corrupt(isSame ? bytes : readAtRate(bytes, sentAt, readAt));
  }

  #corrupt(bytes: Buffer): Buffer {
    const chance = this.#options.corruption?.(this.#settings.rate) ?? 0;
    if (chance === 0) return bytes;
    const { random } = this.#ends;
    const passed = Buffer.from(bytes);
    for (const [index, byte] of bytes.entries())
      if (random() < chance) passed[index] = byte ^ (1 << (random() * 8));
    return passed;
  }
}
