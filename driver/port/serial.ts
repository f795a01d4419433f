import { delay, systemClock, type Cancel, type Clock } from '../clock';
import { EspAtError } from '../errors';
import { portFailure, reasonOf } from './failure';
import type { Port, PortHandlers, PortOptions } from './port';
import { INACTIVE, type SerialBinding, type SerialFlags, type SerialHandle } from './serial-handle';
import { direct } from './unix-handle';

/** Bytes of a read buffer, which several chunks share. */
const POOL_BYTES = 64 * 1024;
/** Free bytes for a read: a terminal device delivers no more at a time. */
const MIN_READ_BYTES = 4096;
/** Milliseconds between checks of the device file. */
const DEVICE_FILE_POLL_MS = 1000;
/** Milliseconds of the reset pulse, and for the chip to sample its strapping pins. */
const RESET_PULSE_MS = 100;

export interface SerialOptions extends PortOptions {
  readonly path: string;
  /** RTS/CTS. Never XON/XOFF: payloads are binary. */
  readonly flowControl: boolean;
}

/** Dependencies, so that tests need no hardware. */
interface SerialSeams {
  readonly binding: SerialBinding;
  readonly clock: Clock;
}

/** Loads the binding with the first port: without serial ports the package needs no native code. */
const SYSTEM: SerialSeams = {
  binding: {
    open: async (options) => {
      const { SerialPort } = await import('serialport');
      return direct(await SerialPort.binding.open(options));
    },
  },
  clock: systemClock,
};

/**
 * Opens a serial port. It uses the binding without a stream: a closed stream buffers writes, and sends them after the next
 * open. @throws EspAtError `PORT_NOT_FOUND`, `PORT_PERMISSION`, `PORT_BUSY`, `PORT_FAILED`
 */
export async function openSerial(
  options: SerialOptions,
  handlers: PortHandlers,
  seams: SerialSeams = SYSTEM,
): Promise<Port> {
  const port = new OpenSerial(options, handlers, seams);
  await port.begin();
  return port;
}

class OpenSerial implements Port {
  reset?: () => Promise<void>;
  readonly setFlowControl?: (on: boolean) => Promise<void>;
  readonly #options: SerialOptions;
  readonly #handlers: PortHandlers;
  readonly #seams: SerialSeams;
  /** Undefined while the port opens. */
  #handle: SerialHandle | undefined;
  #rate: number;
  #flowControl: boolean;
  #queue: Uint8Array[] = [];
  #pending = 0;
  #writing = false;
  #released: Promise<void> | undefined;
  #reopening: Promise<void> | undefined;
  #resetting: Promise<void> | undefined;
  #cancelPoll: Cancel | undefined;
  readonly #closing = new AbortController();

  constructor(options: SerialOptions, handlers: PortHandlers, seams: SerialSeams) {
    this.#options = options;
    this.#handlers = handlers;
    this.#seams = seams;
    this.#rate = options.rate;
    this.#flowControl = options.flowControl;
    if (options.flowControl) return;
    this.#offerReset();
    // With `rts: false` the user keeps RTS inactive, for a reason of the wiring: flow control would drive it.
    if (options.rts !== false)
      this.setFlowControl = (on) => (this.#reopening = this.#setFlowControl(on));
  }

  /** With flow control RTS goes to the device's CTS, and cannot be wired to EN. */
  #offerReset(): void {
    if (this.#flowControl) delete this.reset;
    else this.reset = () => (this.#resetting = this.#reset());
  }

  /** The flags to set; undefined where the options leave DTR and RTS to the operating system. */
  get #flags(): SerialFlags | undefined {
    const { dtr, rts } = this.#options;
    if (dtr === undefined && rts === undefined) return undefined;
    // With flow control the operating system drives RTS.
    return { ...INACTIVE, dtr: dtr ?? true, rts: this.#flowControl || (rts ?? true) };
  }

  get pendingBytes(): number {
    return this.#pending;
  }

  async begin(): Promise<void> {
    await this.#open();
    this.#pollDeviceFile();
  }

  /** Sets DTR and RTS as configured, and reads from then on. Ptys and some bridges have no such lines, and work without. */
  async #open(): Promise<void> {
    const { path } = this.#options;
    const setting = { path, baudRate: this.#rate, rtscts: this.#flowControl };
    let handle: SerialHandle;
    try {
      // Without hupcl, closing leaves DTR and RTS alone: development boards would restart.
      handle = await this.#seams.binding.open({ ...setting, lock: true, hupcl: false });
    } catch (error) {
      throw portFailure(path, error);
    }
    this.#handle = handle;
    // The user may have closed the port meanwhile; the close waits for this open.
    this.#closing.signal.throwIfAborted();
    if (this.#flags) await handle.set(this.#flags).catch(() => undefined);
    void this.#read(handle);
  }

  write(bytes: Uint8Array): void {
    this.#closing.signal.throwIfAborted();
    this.#queue.push(bytes);
    this.#pending += bytes.length;
    if (!this.#writing) void this.#writeQueue();
  }

  async setRate(rate: number): Promise<void> {
    try {
      await this.#handle?.update({ baudRate: rate });
      this.#rate = rate;
    } catch (error) {
      throw this.#failure(error);
    }
  }

  #failure(cause: unknown): EspAtError {
    const { aborted } = this.#closing.signal;
    return aborted ? new EspAtError('PORT_CLOSED') : portFailure(this.#options.path, cause);
  }

  async readCts(): Promise<boolean> {
    return (await this.#handle?.get())?.cts === true;
  }

  /** Opens the port anew: the binding sets flow control only then. */
  async #setFlowControl(on: boolean): Promise<void> {
    this.#closing.signal.throwIfAborted();
    if (on === this.#flowControl) return;
    const before = this.#handle;
    this.#flowControl = on;
    this.#offerReset();
    this.#handle = undefined;
    await before?.flush().catch(() => undefined);
    await before?.close().catch(() => undefined);
    try {
      await this.#open();
    } catch (error) {
      this.#lose(error);
      throw error;
    }
  }

  close(): Promise<void> {
    return (this.#released ??= this.#release());
  }

  async #release(): Promise<void> {
    this.#closing.abort(new EspAtError('PORT_CLOSED'));
    this.#queue = [];
    this.#pending = 0;
    this.#cancelPoll?.();
    await this.#reopening?.catch(() => undefined);
    await this.#resetting?.catch(() => undefined);
    // Bytes that CTS holds back would delay the close by many seconds.
    await this.#handle?.flush().catch(() => undefined);
    await this.#handle?.close().catch(() => undefined);
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
      if (this.#closing.signal.aborted || handle !== this.#handle) return;
      const chunk = pool.subarray(used, used + bytesRead);
      used += bytesRead;
      this.#handlers.data(chunk);
    }
  }

  async #writeQueue(): Promise<void> {
    this.#writing = true;
    while (this.#queue.length > 0) {
      const bytes = Buffer.concat(this.#queue);
      const handle = this.#handle;
      this.#queue = [];
      try {
        await handle?.write(bytes);
      } catch (error) {
        // Changing flow control closes the port, and drops what it has not written.
        if (handle === this.#handle) {
          this.#lose(error);
          break;
        }
      }
      if (this.#closing.signal.aborted) break;
      this.#pending -= bytes.length;
    }
    this.#writing = false;
  }

  /**
   * On Linux, when an adapter is unplugged while it receives, its file stays readable but empty, and {@link direct} reads it
   * again and again without an error. Only an ioctl reveals the loss.
   */
  #pollDeviceFile(): void {
    this.#cancelPoll = this.#seams.clock.after(DEVICE_FILE_POLL_MS, () => {
      const handle = this.#handle;
      const pollAgain = () => {
        if (!this.#closing.signal.aborted) this.#pollDeviceFile();
      };
      if (!handle) return pollAgain();
      handle.getBaudRate().then(pollAgain, (error: unknown) => {
        if (handle !== this.#handle) pollAgain();
        // Some systems do not support the query.
        else if (/EIO|ENXIO|ENODEV|EBADF|input\/output|no such device/i.test(reasonOf(error)))
          this.#lose(error);
      });
    });
  }

  #lose(cause: unknown): void {
    if (this.#closing.signal.aborted) return;
    void this.close();
    this.#handlers.lost(new EspAtError('PORT_LOST', { port: this.#options.path }, { cause }));
  }

  /**
   * On development boards RTS without DTR pulls EN low; both or neither leave it high. DTR without RTS pulls IO0
   * low, which must not happen while the chip starts. A close ends the pulse: without hupcl the lines stay as they are.
   */
  async #reset(): Promise<void> {
    const { clock } = this.#seams;
    const { signal } = this.#closing;
    const restored = this.#flags ?? { ...INACTIVE, dtr: true, rts: true };
    for (const flags of [{ ...INACTIVE, rts: true }, INACTIVE, restored]) {
      try {
        await this.#handle?.set(flags);
        if (flags !== restored) await delay(clock, RESET_PULSE_MS, { signal });
      } catch (error) {
        await this.#handle?.set(INACTIVE).catch(() => undefined);
        throw this.#failure(error);
      }
    }
  }
}
