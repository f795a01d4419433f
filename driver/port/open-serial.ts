import type { Cancel, Clock } from '../clock';
import { EspAtError } from '../errors';
import { portFailure, reasonOf } from './failure';
import type { Port, PortHandlers } from './port';
import type { SerialOptions } from './serial';
import { chosenFlags, INACTIVE, type SerialFlags, type SerialHandle } from './serial-handle';

/** Bytes of a read buffer, which several chunks share. */
const POOL_BYTES = 64 * 1024;
/** Free bytes for a read: a terminal device delivers no more at a time. */
const MIN_READ_BYTES = 4096;
/** Milliseconds between checks of the device file. */
const DEVICE_FILE_POLL_MS = 1000;
/** Milliseconds of the reset pulse, and for the chip to sample its strapping pins. */
const RESET_PULSE_MS = 100;

export interface SerialContext {
  readonly handlers: PortHandlers;
  readonly clock: Clock;
  readonly open: (rate: number, flowControl: boolean) => Promise<SerialHandle>;
}

/** An open serial port. */
export class OpenSerial implements Port {
  readonly reset?: () => Promise<void>;
  readonly setFlowControl?: (on: boolean) => Promise<void>;
  #handle: SerialHandle;
  readonly #options: SerialOptions;
  readonly #context: SerialContext;
  #rate: number;
  #flowControl: boolean;
  #queue: Uint8Array[] = [];
  #pending = 0;
  #writing = false;
  #closing: Promise<void> | undefined;
  #reopening: Promise<void> | undefined;
  #cancelPoll: Cancel | undefined;
  #endPause: (() => void) | undefined;

  constructor(handle: SerialHandle, options: SerialOptions, context: SerialContext) {
    this.#handle = handle;
    this.#options = options;
    this.#rate = options.rate;
    this.#flowControl = options.flowControl;
    this.#context = context;
    if (options.flowControl) return;
    // With flow control RTS has another meaning and cannot be wired to EN.
    this.reset = () => this.#reset();
    // An RTS that the user holds inactive has another meaning too.
    if (options.rts !== false)
      this.setFlowControl = (on) => (this.#reopening = this.#setFlowControl(on));
  }

  get #flags(): SerialFlags | undefined {
    return chosenFlags(this.#options, this.#flowControl);
  }

  get pendingBytes(): number {
    return this.#pending;
  }

  async begin(): Promise<void> {
    await this.#beginReading();
    this.#pollDeviceFile();
  }

  /** Sets DTR and RTS as configured, and reads from then on. Ptys and some bridges have no such lines, and work without. */
  async #beginReading(): Promise<void> {
    if (this.#flags) await this.#handle.set(this.#flags).catch(() => undefined);
    void this.#read(this.#handle);
  }

  write(bytes: Uint8Array): void {
    if (this.#closing) throw new EspAtError('PORT_CLOSED');
    this.#queue.push(bytes);
    this.#pending += bytes.length;
    if (!this.#writing) void this.#writeQueue();
  }

  async setRate(rate: number): Promise<void> {
    try {
      await this.#handle.update({ baudRate: rate });
      this.#rate = rate;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** Returns the error of a call that the binding has rejected. */
  #failure(cause: unknown): EspAtError {
    return this.#closing ? new EspAtError('PORT_CLOSED') : portFailure(this.#options.path, cause);
  }

  async readCts(): Promise<boolean> {
    return (await this.#handle.get()).cts;
  }

  /** Opens the port anew: the binding sets flow control only then. @throws EspAtError `PORT_CLOSED`, and those of the opener */
  async #setFlowControl(on: boolean): Promise<void> {
    if (this.#closing) throw new EspAtError('PORT_CLOSED');
    if (on === this.#flowControl) return;
    const before = this.#handle;
    this.#flowControl = on;
    this.#handle = CLOSED_HANDLE;
    await before.flush().catch(() => undefined);
    await before.close().catch(() => undefined);
    try {
      this.#handle = await this.#context.open(this.#rate, on);
    } catch (error) {
      this.#lose(error);
      throw error;
    }
    // The user has closed the port meanwhile; that close waits for this.
    if (this.#hasClosed()) throw new EspAtError('PORT_CLOSED');
    await this.#beginReading();
  }

  close(): Promise<void> {
    this.#closing ??= this.#release();
    return this.#closing;
  }

  /** A call, because TypeScript keeps what an earlier check of the field has found. */
  #hasClosed(): boolean {
    return this.#closing !== undefined;
  }

  async #release(): Promise<void> {
    this.#queue = [];
    this.#pending = 0;
    this.#cancelPoll?.();
    this.#endPause?.();
    await this.#reopening?.catch(() => undefined);
    // Bytes that CTS holds back would delay the close by many seconds.
    await this.#handle.flush().catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
  }

  async #read(handle: SerialHandle): Promise<void> {
    let pool = Buffer.allocUnsafeSlow(POOL_BYTES);
    let used = 0;
    for (;;) {
      if (pool.length - used < MIN_READ_BYTES) {
        pool = Buffer.allocUnsafeSlow(POOL_BYTES);
        used = 0;
      }
      let bytesRead: number;
      try {
        ({ bytesRead } = await handle.read(pool, used, pool.length - used));
      } catch (error) {
        if (handle === this.#handle) this.#lose(error);
        return;
      }
      if (this.#closing || handle !== this.#handle) return;
      const chunk = pool.subarray(used, used + bytesRead);
      used += bytesRead;
      this.#context.handlers.data(chunk);
    }
  }

  async #writeQueue(): Promise<void> {
    this.#writing = true;
    while (this.#queue.length > 0) {
      const bytes = joined(this.#queue);
      const handle = this.#handle;
      this.#queue = [];
      try {
        await handle.write(bytes);
      } catch (error) {
        // Changing flow control closes the port, and drops what it has not written.
        if (handle === this.#handle) {
          this.#lose(error);
          break;
        }
      }
      if (this.#closing) break;
      this.#pending -= bytes.length;
    }
    this.#writing = false;
  }

  /**
   * On Linux, when an adapter is unplugged while it receives, its file reads as empty, and the binding retries
   * without a pause. Only an ioctl reveals that.
   */
  #pollDeviceFile(): void {
    this.#cancelPoll = this.#context.clock.after(DEVICE_FILE_POLL_MS, () => {
      const handle = this.#handle;
      const pollAgain = () => {
        if (!this.#closing) this.#pollDeviceFile();
      };
      handle.getBaudRate().then(pollAgain, (error: unknown) => {
        if (handle !== this.#handle) pollAgain();
        // Some systems do not support the query.
        else if (/EIO|ENXIO|ENODEV|EBADF|input\/output|no such device/i.test(reasonOf(error)))
          this.#lose(error);
      });
    });
  }

  #lose(cause: unknown): void {
    if (this.#closing) return;
    void this.close();
    this.#context.handlers.lost(
      new EspAtError('PORT_LOST', { port: this.#options.path }, { cause }),
    );
  }

  /**
   * On development boards RTS without DTR pulls EN low; both or neither leave it high. DTR without RTS pulls IO0
   * low, which must not happen while the chip starts.
   */
  async #reset(): Promise<void> {
    const restored = this.#flags ?? { ...INACTIVE, dtr: true, rts: true };
    for (const flags of [{ ...INACTIVE, rts: true }, INACTIVE, restored]) {
      try {
        await this.#handle.set(flags);
      } catch (error) {
        throw this.#failure(error);
      }
      if (flags !== restored) await this.#pause();
    }
  }

  /** @throws EspAtError `PORT_CLOSED` */
  #pause(): Promise<void> {
    return new Promise((resolve, reject) => {
      const closed = () => reject(new EspAtError('PORT_CLOSED'));
      if (this.#closing) return closed();
      const cancel = this.#context.clock.after(RESET_PULSE_MS, resolve);
      this.#endPause = () => {
        cancel();
        closed();
      };
    });
  }
}

/** Stands in while the port opens anew. */
const CLOSED_HANDLE: SerialHandle = {
  read: () => Promise.reject(new EspAtError('PORT_CLOSED')),
  write: () => Promise.resolve(),
  update: () => Promise.resolve(),
  set: () => Promise.resolve(),
  get: () => Promise.resolve({ cts: false }),
  flush: () => Promise.resolve(),
  getBaudRate: () => Promise.resolve(undefined),
  close: () => Promise.resolve(),
};

function joined(parts: readonly Uint8Array[]): Buffer {
  const [first, ...others] = parts;
  if (!first || others.length > 0) return Buffer.concat(parts);
  return Buffer.from(first.buffer, first.byteOffset, first.byteLength);
}
