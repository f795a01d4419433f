import { Lag } from './lag';
import { Lane } from './lane';
import { readAtRate } from './rate-mismatch';
import {
  defaultUartSettings,
  TRANSMIT_RING_BYTES,
  type Uart,
  type UartEnds,
  type UartSettings,
} from './uart';

/** Milliseconds of bytes that reach the host together while more follow. */
const GRAIN_MS = 4;
/** Bytes in the receive FIFO at which the device reads it, when the line does not fall silent before. */
const FIFO_THRESHOLD = 120;
/** Makes up for rounding when times are compared, in milliseconds. */
const ROUNDING_MS = 1e-6;
/** Rates that differ by less, as a fraction, are the same. */
const SAME_RATE_FRACTION = 0.01;
/** Bits of `AT+UART_CUR`'s flow control: the device drives RTS, and waits for CTS. */
const DRIVES_RTS = 1;
const HEEDS_CTS = 2;

export interface PacedLineOptions {
  /** Bits a second at the host's end; default: always the device's. */
  readonly hostRate?: number;
  /**
   * Bytes that the host's receive buffer holds while the host takes none. What comes beyond is lost, unless the
   * device heeds CTS. Default: as if it heeded CTS.
   */
  readonly hostBuffer?: number;
  /** Whether RTS and CTS are wired; default true. Without the wires a device that heeds CTS says nothing any more. */
  readonly rtsCts?: boolean;
  /**
   * How likely a byte is damaged at a rate, 0 to 1. `guarded`: the device uses RTS and CTS, which are wired. Default:
   * never.
   */
  readonly damage?: (rate: number, guarded: boolean) => number;
}

/** Both directions of a paced line, for one device. */
export class PacedUart implements Uart {
  readonly #ends: UartEnds;
  readonly #toHost = new Lane();
  readonly #toDevice = new Lane();
  readonly #hostLag = new Lag();
  readonly #deviceLag = new Lag();
  readonly #options: PacedLineOptions;
  #hostRate: number | undefined;
  #settings: UartSettings = defaultUartSettings;
  #held = false;
  /** What waits in the host's receive buffer. */
  #kept: Buffer[] = [];
  #keptLength = 0;
  #planned = false;
  #timer: { readonly at: number; readonly cancel: () => void } | undefined;

  constructor(ends: UartEnds, options: PacedLineOptions, hostRate: number | undefined) {
    this.#ends = ends;
    this.#options = options;
    this.#hostRate = hostRate;
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
    this.#toHost.add(bytes, this.#deviceLag.time(this.#ends.clock.now()));
    this.#plan();
  }

  receive(bytes: Uint8Array): void {
    this.#toDevice.add(Buffer.from(bytes), this.#hostLag.time(this.#ends.clock.now()));
    this.#plan();
  }

  hold(): void {
    if (this.#held) return;
    this.#deliver();
    this.#held = true;
    this.#plan();
  }

  release(): void {
    if (!this.#held) return;
    if (this.#stopped) this.#toHost.postpone(this.#ends.clock.now());
    else this.#deliver();
    this.#held = false;
    const kept = this.#kept;
    this.#kept = [];
    this.#keptLength = 0;
    if (kept.length > 0) this.#ends.toHost(Buffer.concat(kept));
    this.#plan();
  }

  configure(settings: UartSettings): void {
    this.#toHost.change(() => {
      this.#settings = settings;
      this.#setByteTimes();
    });
  }

  setHostRate(rate: number | undefined): void {
    this.#hostRate = rate;
    this.#toDevice.change(() => this.#setByteTimes());
  }

  discard(): void {
    this.#toHost.clear();
    this.#plan();
  }

  crash(): void {
    this.discard();
  }

  reset(): void {
    this.#toHost.clear();
    this.#toDevice.clear();
    this.#kept = [];
    this.#keptLength = 0;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** The device waits for the host to take bytes again. */
  get #stopped(): boolean {
    const heeds = (this.#settings.flowControl & HEEDS_CTS) !== 0;
    if (heeds && !this.#isWired) return true;
    return this.#held && (heeds || this.#options.hostBuffer === undefined);
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
    this.#toHost.byteTime = (bits * 1000) / rate;
    this.#toDevice.byteTime = (bits * 1000) / (this.#hostRate ?? rate);
  }

  /** Sees to the next delivery, once what runs now is done. */
  #plan(): void {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#arm();
    });
  }

  #arm(): void {
    const toHost = Math.max(1, Math.round(GRAIN_MS / this.#toHost.byteTime));
    const due = Math.min(
      this.#stopped ? Infinity : (this.#toHost.due(toHost) ?? Infinity),
      this.#toDevice.due(FIFO_THRESHOLD) ?? Infinity,
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
    this.#plan();
  }

  #deliver(): void {
    const now = this.#ends.clock.now();
    if ((this.#toDevice.due(FIFO_THRESHOLD) ?? Infinity) <= now + ROUNDING_MS)
      this.#deliverToDevice(now);
    if (this.#stopped) return;
    const waiting = this.#toHost.length;
    this.#toHost.deliver(now, (bytes, end) => {
      this.#hostLag.note(now, end);
      const read = this.#read(bytes, this.#settings.rate, this.#hostRate);
      if (this.#held) this.#keep(read);
      else if (read.length > 0) this.#ends.toHost(read);
    });
    if (waiting >= TRANSMIT_RING_BYTES && !this.full) this.#ends.drained();
  }

  #deliverToDevice(now: number): void {
    this.#toDevice.deliver(now, (bytes, end) => {
      this.#deviceLag.note(now, end);
      const piece = this.#read(bytes, this.#hostRate, this.#settings.rate);
      if (piece.length > 0) this.#ends.toDevice(piece);
    });
  }

  #read(bytes: Buffer, sentAt: number | undefined, readAt: number | undefined): Buffer {
    const isSame =
      sentAt === undefined ||
      readAt === undefined ||
      Math.abs(sentAt / readAt - 1) < SAME_RATE_FRACTION;
    return this.#damage(isSame ? bytes : readAtRate(bytes, sentAt, readAt));
  }

  #damage(bytes: Buffer): Buffer {
    const { rate, flowControl } = this.#settings;
    const guarded = this.#isWired && flowControl === (DRIVES_RTS | HEEDS_CTS);
    const chance = this.#options.damage?.(rate, guarded) ?? 0;
    if (chance === 0) return bytes;
    const { random } = this.#ends;
    const passed = Buffer.from(bytes);
    for (const [index, byte] of bytes.entries())
      if (random() < chance) passed[index] = byte ^ (1 << (random() * 8));
    return passed;
  }

  #keep(bytes: Buffer): void {
    const room = (this.#options.hostBuffer ?? 0) - this.#keptLength;
    const kept = bytes.subarray(0, room);
    this.#kept.push(kept);
    this.#keptLength += kept.length;
  }
}
