import { parseAddress } from '../address';
import { build, type BuildOptions } from '../device/build';
import type { SimulatedDevice } from '../device/device';
import type { Faults } from '../faults';
import type { SimulatorOptions } from '../device/options';
import type { PacedLine } from './paced-line';

/** What a simulated port tells its user. */
export interface SimulatedPortHandlers {
  /** Bytes from the device, in order, cut anywhere. */
  data(chunk: Buffer): void;
  /** The port went away by itself; called at most once, never after `close`. */
  lost(error: Error): void;
}

/** The serial port of a simulated device, open. */
export interface SimulatedPort {
  /**
   * Sends bytes to the device.
   * @throws Error `PORT_CLOSED` once the port is closed
   */
  write(bytes: Uint8Array): void;
  /** Bytes that have not been handed on yet: always none. */
  readonly pendingBytes: number;
  /** Reads and writes at another baud rate, in bits a second, from now on. */
  setRate(rate: number): Promise<void>;
  /** Whether the device holds CTS active. */
  readCts(): Promise<boolean>;
  /** This end never holds the device up. */
  setFlowControl(on: boolean): Promise<void>;
  /** Restarts the device, as its EN pin does. */
  reset(): Promise<void>;
  /** Closes the port, which takes power from the device. */
  close(): Promise<void>;
}

/** Opens the port of one simulated device. */
export interface SimulatedPortOpener {
  /** The address it was made from. */
  readonly address: string;
  /** Bits a second; undefined for a line without a rate. */
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
const boards = new Map<string, Board>();

/**
 * The port of a simulated device in this process.
 *
 * The device belongs to the address: another opener of the same address reaches the same one, as with a real board.
 * It has power while its port is open. Closing the port takes power away, so that no timer and no socket remains, and
 * opening it boots the device again: echo is on, links are gone, and what is in flash (Wi-Fi, certificates) is kept.
 *
 * @param address `sim:`, a name if there are several, and options: `sim:lab?firmware=C&joined=0&seed=5`
 * @param settings what an address cannot say, such as a network or a clock; taken when the device is first used
 * @throws Error for an option or a fault that cannot be
 */
export function simulatedPort(
  address: string,
  settings: SimulatorOptions = {},
): SimulatedPortOpener {
  const options = parseAddress(address);
  const board = (): Board => {
    const found = boards.get(address) ?? new Board({ ...options, ...settings });
    boards.set(address, found);
    return found;
  };
  const { rate } = options;
  return {
    address,
    ...(rate === undefined ? {} : { rate }),
    get faults() {
      return board().faults;
    },
    open: (handlers) =>
      new Promise((resolve, reject) => {
        const reached = board();
        if (reached.unplugged) {
          reject(failure('PORT_NOT_FOUND', `the simulated device ${address} is unplugged`));
        } else if (reached.port) {
          reject(failure('PORT_BUSY', `the simulated device ${address} is in use`));
        } else {
          reached.setHostRate(rate);
          resolve(new OpenPort(reached, handlers));
        }
      }),
  };
}

/** Milliseconds that a device of this process takes to start: a newcomer is not to wait. */
const BOOT_MS = 20;

/** A device, and the cable to it. */
class Board {
  readonly device: SimulatedDevice;
  readonly faults: Faults;
  readonly #line: PacedLine | undefined;
  /** The port that is open. */
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
    const built = build({ bootMs: BOOT_MS, ...options, running: false }, cable);
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
  readonly #board: Board;
  readonly #handlers: SimulatedPortHandlers;
  #open = true;
  #chunks: Buffer[] = [];
  #delivery: NodeJS.Immediate | undefined;

  constructor(board: Board, handlers: SimulatedPortHandlers) {
    this.#board = board;
    this.#handlers = handlers;
    board.port = this;
    board.device.onOutput((chunk) => this.#deliver(chunk));
    board.device.powerOn();
  }

  write(bytes: Uint8Array): void {
    if (!this.#open) throw failure('PORT_CLOSED', 'the port is closed');
    this.#board.device.write(bytes);
  }

  setRate(rate: number): Promise<void> {
    if (this.#open) this.#board.setHostRate(rate);
    return Promise.resolve();
  }

  readCts(): Promise<boolean> {
    return Promise.resolve(this.#board.cts);
  }

  setFlowControl(): Promise<void> {
    return Promise.resolve();
  }

  reset(): Promise<void> {
    if (this.#open) this.#board.device.restart();
    return Promise.resolve();
  }

  close(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    this.#open = false;
    if (this.#delivery) clearImmediate(this.#delivery);
    this.#board.device.onOutput(() => undefined);
    this.#board.device.powerOff();
    this.#board.port = undefined;
    return Promise.resolve();
  }

  /** The cable was pulled. */
  lose(): void {
    void this.close();
    this.#handlers.lost(failure('PORT_LOST', 'the simulated device was unplugged'));
  }

  /** In a turn of its own, as bytes from outside come, so that a busy conversation lets others run. */
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
