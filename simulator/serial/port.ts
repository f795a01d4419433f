import { parseAddress } from '../address';
import { build, type BuildOptions } from '../device/build';
import type { SimulatedDevice } from '../device/device';
import type { Faults } from '../faults';
import { checkOptions, type SimulatorOptions } from '../device/options';
import type { PacedLine } from './paced-line';

/** Callbacks of a simulated port. */
export interface SimulatedPortHandlers {
  /** Bytes from the device, in order, cut anywhere. */
  data(chunk: Buffer): void;
  /** The port was unplugged; called at most once, never after `close`. */
  lost(error: Error): void;
}

/** The serial port of a simulated device, open. */
export interface SimulatedPort {
  /**
   * Sends bytes to the device.
   * @throws Error `PORT_CLOSED` once the port is closed
   */
  write(bytes: Uint8Array): void;
  /** Always 0: `write` hands all bytes to the device. */
  readonly pendingBytes: number;
  /** Changes the baud rate, in bits a second. */
  setRate(rate: number): Promise<void>;
  /** Whether the device holds CTS active. */
  readCts(): Promise<boolean>;
  /** Has no effect: this port takes bytes at any time. */
  setFlowControl(on: boolean): Promise<void>;
  /** Restarts the device, as its EN pin does. */
  reset(): Promise<void>;
  /** Closes the port, which takes power from the device. */
  close(): Promise<void>;
}

/** Opens the port of one simulated device. */
export interface SimulatedPortOpener {
  /** The address of the device. */
  readonly address: string;
  /** Bits a second; undefined for a port without one. */
  readonly rate?: number;
  /** Injects faults into the device. */
  readonly faults: Faults;
  /**
   * Opens the port, which starts the device.
   * @throws Error `PORT_BUSY` while it is open, `PORT_NOT_FOUND` while it is unplugged
   */
  open(handlers: SimulatedPortHandlers): Promise<SimulatedPort>;
}

/** Devices by address, from their first use to the end of the process. */
const devices = new Map<string, AddressedDevice>();

/**
 * The port of a simulated device in this process.
 *
 * All openers of one address share one device, like a real board. The device has power while its port is open. Closing
 * the port cuts the power, which leaves no socket, and no timer but those of faults; opening it boots the device: echo is
 * on, links are gone, the flash (Wi-Fi, certificates) is kept.
 *
 * @param address `sim:`, a name if there are several devices, and options: `sim:lab?firmware=C&joined=0&seed=5`
 * @param settings options that an address cannot express, such as a network or a clock; read at the first use of the
 *   device. Here `joined` is true and `bootMs` 20 by default
 * @throws Error for an invalid address, option or fault
 */
export function simulatedPort(
  address: string,
  settings: Omit<SimulatorOptions, 'running'> = {},
): SimulatedPortOpener {
  const options = { ...parseAddress(address), ...settings };
  checkOptions(options);
  const addressedDevice = (): AddressedDevice => {
    const device = devices.get(address) ?? new AddressedDevice(options);
    devices.set(address, device);
    return device;
  };
  const { rate } = options;
  return {
    address,
    ...(rate === undefined ? {} : { rate }),
    get faults() {
      return addressedDevice().faults;
    },
    open: (handlers) =>
      new Promise((resolve, reject) => {
        const device = addressedDevice();
        if (device.unplugged) {
          reject(failure('PORT_NOT_FOUND', `the simulated device ${address} is unplugged`));
        } else if (device.port) {
          reject(failure('PORT_BUSY', `the simulated device ${address} is in use`));
        } else {
          device.setHostRate(rate);
          resolve(new OpenPort(device, handlers));
        }
      }),
  };
}

/** Shorter than a real device takes, so that a first try does not wait. */
const PORT_BOOT_MS = 20;

/** The device of an address, and the cable to it. */
class AddressedDevice {
  readonly device: SimulatedDevice;
  readonly faults: Faults;
  readonly #line: PacedLine | undefined;
  port: OpenPort | undefined;
  unplugged = false;

  constructor(options: BuildOptions) {
    const cable = {
      unplug: () => {
        this.unplugged = true;
        this.port?.lose();
      },
      plugIn: () => void (this.unplugged = false),
    };
    const built = build({ bootMs: PORT_BOOT_MS, ...options, running: false }, cable);
    this.device = built.device;
    this.faults = built.faults;
    this.#line = built.line;
  }

  get cts(): boolean {
    return this.#line?.cts === true;
  }

  setHostRate(rate: number | undefined): void {
    if (this.#line) this.#line.hostRate = rate;
  }
}

class OpenPort implements SimulatedPort {
  readonly pendingBytes = 0;
  readonly #addressed: AddressedDevice;
  readonly #handlers: SimulatedPortHandlers;
  #open = true;
  #chunks: Buffer[] = [];
  #delivery: NodeJS.Immediate | undefined;

  constructor(addressed: AddressedDevice, handlers: SimulatedPortHandlers) {
    this.#addressed = addressed;
    this.#handlers = handlers;
    addressed.port = this;
    addressed.device.onOutput((chunk) => this.#deliver(chunk));
    addressed.device.powerOn();
  }

  write(bytes: Uint8Array): void {
    if (!this.#open) throw failure('PORT_CLOSED', 'the port is closed');
    this.#addressed.device.write(bytes);
  }

  setRate(rate: number): Promise<void> {
    if (this.#open) this.#addressed.setHostRate(rate);
    return Promise.resolve();
  }

  readCts(): Promise<boolean> {
    return Promise.resolve(this.#addressed.cts);
  }

  setFlowControl(): Promise<void> {
    return Promise.resolve();
  }

  reset(): Promise<void> {
    if (this.#open) this.#addressed.device.restart();
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    this.#open = false;
    if (this.#delivery) clearImmediate(this.#delivery);
    this.#addressed.device.onOutput(() => undefined);
    this.#addressed.device.powerOff();
    this.#addressed.port = undefined;
    return Promise.resolve();
  }

  /** Closes the port as unplugging does. */
  lose(): void {
    void this.close();
    this.#handlers.lost(failure('PORT_LOST', 'the simulated device was unplugged'));
  }

  /** Delivers in a later event-loop turn, like a real port, so that a busy device does not block the process. */
  #deliver(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#delivery ??= setImmediate(() => {
      this.#delivery = undefined;
      const chunks = this.#chunks;
      this.#chunks = [];
      const [first] = chunks;
      this.#handlers.data(chunks.length === 1 && first ? first : Buffer.concat(chunks));
    });
  }
}

const failure = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code });
