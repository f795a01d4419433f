import { parseAddress } from './address';
import { SimulatedDevice } from './device';
import type { SimulatorOptions } from './options';

/** What a simulated port tells its user. */
export interface SimulatedPortHandlers {
  /** Bytes from the device, in order, cut anywhere. */
  data(chunk: Buffer): void;
  /** The port went away by itself; called at most once, never after `close`. */
  lost(error: Error): void;
}

/** The serial port of a simulated device, open. */
export interface SimulatedPort {
  /** @throws Error `PORT_CLOSED` once the port is closed */
  write(bytes: Uint8Array): void;
  /** Bytes that have not been handed on yet: always none. */
  readonly pending: number;
  setRate(rate: number): Promise<void>;
  /** Restarts the device, as its EN pin does. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

export interface SimulatedPortOpener {
  readonly address: string;
  /** Bits a second; undefined for a line without a rate. */
  readonly rate?: number;
  /** @throws Error `PORT_BUSY` while it is open */
  open(handlers: SimulatedPortHandlers, rate?: number): Promise<SimulatedPort>;
}

/** Devices by address, from their first opening to the end of the process. */
const devices = new Map<string, Board>();

/**
 * The port of a simulated device in this process.
 *
 * The device belongs to the address: another opener of the same address reaches the same one, as with a real board.
 * It has power while its port is open. Closing the port takes power away, so that no timer and no socket remains, and
 * opening it boots the device again: echo is on, links are gone, and what is in flash (Wi-Fi, certificates) is kept.
 *
 * @param address `sim:`, a name if there are several, and options: `sim:lab?firmware=C&joined=0&seed=5`
 * @param settings what an address cannot say, such as a network or a clock; taken at the device's first opening
 */
export function simulatedPort(
  address: string,
  settings: SimulatorOptions = {},
): SimulatedPortOpener {
  const { options, rate } = parseAddress(address);
  return {
    address,
    ...(rate === undefined ? {} : { rate }),
    open: (handlers) =>
      new Promise((resolve, reject) => {
        const board = devices.get(address) ?? {
          device: makeDevice({ ...options, ...settings }),
          open: false,
        };
        devices.set(address, board);
        if (board.open) reject(failure('PORT_BUSY', `the simulated device ${address} is in use`));
        else resolve(new OpenPort(board, handlers));
      }),
  };
}

interface Board {
  readonly device: SimulatedDevice;
  open: boolean;
}

/** Milliseconds that a device of this process takes to start: a newcomer is not to wait. */
const bootTime = 20;

const makeDevice = (options: SimulatorOptions): SimulatedDevice =>
  new SimulatedDevice({ bootMs: bootTime, ...options, running: false });

class OpenPort implements SimulatedPort {
  readonly pending = 0;
  readonly #board: Board;
  readonly #handlers: SimulatedPortHandlers;
  #open = true;
  #chunks: Buffer[] = [];
  #delivery: NodeJS.Immediate | undefined;

  constructor(board: Board, handlers: SimulatedPortHandlers) {
    this.#board = board;
    this.#handlers = handlers;
    board.open = true;
    board.device.onOutput((chunk) => this.#deliver(chunk));
    board.device.powerOn();
  }

  write(bytes: Uint8Array): void {
    if (!this.#open) throw failure('PORT_CLOSED', 'the port is closed');
    this.#board.device.write(bytes);
  }

  setRate(): Promise<void> {
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
    this.#board.open = false;
    return Promise.resolve();
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
