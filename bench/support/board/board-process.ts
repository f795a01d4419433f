import { systemClock, type FirmwareClass } from '../../../simulator';
import { openPty, type Pty } from '../../../test/harness/port/pty';
import { MinimalDevice } from './minimal-device';
import { executeOrders } from '../child';
import { blocks, SimulatedBoard } from './simulated-board';

/** An order of the parent process. */
export type Order =
  /** Starts a new device in place of the former one. */
  | { readonly kind: 'begin'; readonly firmware: FirmwareClass; readonly rate: number | undefined }
  /** Echoes each byte instead of a device, to measure the cost of the port itself. */
  | { readonly kind: 'mirror' }
  /** Lets a MinimalDevice respond from now on. */
  | { readonly kind: 'simplify' }
  /** Sends a text `count` times, as fast as the port takes it. */
  | { readonly kind: 'stream'; readonly text: string; readonly count: number }
  /** The server sends messages of `size` bytes. */
  | {
      readonly kind: 'flood';
      readonly target: string;
      readonly count: number;
      readonly size: number;
    }
  /** The server sends one message. */
  | {
      readonly kind: 'serve';
      readonly target: string;
      readonly opcode: 1 | 2;
      readonly hex: string;
    }
  /** Asks whether a connection to the target is open. */
  | { readonly kind: 'checkConnection'; readonly target: string }
  /** Takes the count of messages at the server. */
  | { readonly kind: 'takeMessages' };

export interface Answer {
  /** The path of the serial port. */
  readonly path: string;
  /** Of `checkConnection`. */
  readonly connected: boolean;
  /** Of `takeMessages`: the messages that the server received since the last one. */
  readonly messages: number;
}

/** While more bytes wait for the port, the device pauses its output, as with RTS/CTS. */
const HIGH_WATER_BYTES = 4096;
/** Size of a write to the port. */
const BLOCK_BYTES = 16_384;

/** A simulated ESP32 behind a pty, in its own process. */
class BoardProcess {
  readonly #pty: Pty = openPty();
  #far: SimulatedBoard | undefined;

  async execute(order: Order): Promise<Answer> {
    const answer = { path: this.#pty.path, connected: false, messages: 0 };
    switch (order.kind) {
      case 'begin':
        this.#begin(order);
        break;
      case 'mirror':
        this.#pty.onData = (chunk) => this.#pty.write(chunk);
        break;
      case 'simplify':
        this.#simplify();
        break;
      case 'stream':
        await this.#stream(Buffer.from(order.text), order.count);
        break;
      case 'flood':
        this.#far?.flood(order.target, order.count, order.size);
        break;
      case 'serve':
        this.#far?.serve(order.target, order.opcode, Buffer.from(order.hex, 'hex'));
        break;
      case 'checkConnection':
        return { ...answer, connected: this.#far?.connected(order.target) ?? false };
      case 'takeMessages':
        return { ...answer, messages: this.#far?.takeMessages() ?? 0 };
    }
    return answer;
  }

  async end(): Promise<void> {
    this.#far?.end();
    await this.#pty.close();
  }

  #begin({ firmware, rate }: Extract<Order, { kind: 'begin' }>): void {
    this.#far?.end();
    const far = new SimulatedBoard({
      clock: systemClock,
      firmware,
      rate,
      output: (bytes) => {
        this.#pty.write(bytes);
        if (this.#pty.pending > HIGH_WATER_BYTES) this.#hold(far);
      },
    });
    this.#far = far;
    this.#pty.onData = (chunk) => far.write(chunk);
  }

  #simplify(): void {
    const minimal = new MinimalDevice();
    this.#pty.onData = (chunk) => {
      minimal.write(chunk);
      const response = minimal.take();
      if (response) this.#pty.write(response);
    };
  }

  async #stream(bytes: Buffer, count: number): Promise<void> {
    for (const block of blocks(bytes, count, BLOCK_BYTES)) {
      this.#pty.write(block);
      while (this.#pty.pending > BLOCK_BYTES) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #hold(far: SimulatedBoard): void {
    far.hold(true);
    const releaseWhenSent = () => {
      if (this.#pty.pending > HIGH_WATER_BYTES) setImmediate(releaseWhenSent);
      else far.hold(false);
    };
    setImmediate(releaseWhenSent);
  }
}

function isOrder(value: unknown): value is Order {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

const board = new BoardProcess();
executeOrders(
  isOrder,
  (order) => board.execute(order),
  () => void board.end().finally(() => process.exit()),
);
