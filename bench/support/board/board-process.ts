import { systemClock, type FirmwareClass } from '../../../simulator';
import { openPty, type Pty } from '../../../test/harness/port/pty';
import { MinimalDevice } from './minimal-device';
import { obey } from '../child';
import { SimulatedBoard } from './simulated-board';

/** What the process that started this one may ask for. */
export type Order =
  /** A fresh device takes the place of whatever was there. */
  | { readonly kind: 'begin'; readonly firmware: FirmwareClass; readonly rate: number | undefined }
  /** Gives back each byte at once, instead of a device: what the line itself costs. */
  | { readonly kind: 'mirror' }
  /** A MinimalDevice, which costs next to nothing, answers from here on. */
  | { readonly kind: 'simplify' }
  /** Puts bytes on the line so many times, as fast as it takes them. */
  | { readonly kind: 'stream'; readonly text: string; readonly count: number }
  | {
      readonly kind: 'flood';
      readonly target: string;
      readonly count: number;
      readonly size: number;
    }
  /** The server sends one message. */
  | {
      readonly kind: 'tell';
      readonly target: string;
      readonly opcode: 1 | 2;
      readonly hex: string;
    }
  | { readonly kind: 'look'; readonly target: string }
  | { readonly kind: 'forget' };

export interface Answer {
  /** Where the line can be opened. */
  readonly path: string;
  /** `look`: whether the target is connected. */
  readonly connected: boolean;
  /** `forget`: messages that the server had received since the last time. */
  readonly forgotten: number;
}

/** Bytes waiting for the line above which the device is held up, as by RTS/CTS. */
const ENOUGH = 4096;
/** Bytes that are put on the line at a time. */
const BLOCK = 16_384;

/** A simulated ESP32 behind a pty, in a process of its own, as a board is a computer of its own. */
class BoardProcess {
  readonly #pty: Pty = openPty();
  #far: SimulatedBoard | undefined;

  async obey(order: Order): Promise<Answer> {
    const answer = { path: this.#pty.path, connected: false, forgotten: 0 };
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
      case 'tell':
        this.#far?.tell(order.target, order.opcode, Buffer.from(order.hex, 'hex'));
        break;
      case 'look':
        return { ...answer, connected: this.#far?.connected(order.target) ?? false };
      case 'forget':
        return { ...answer, forgotten: this.#far?.forget() ?? 0 };
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
        if (this.#pty.pending > ENOUGH) this.#holdUp(far);
      },
    });
    this.#far = far;
    this.#pty.onData = (chunk) => far.write(chunk);
  }

  #simplify(): void {
    const answerer = new MinimalDevice();
    this.#pty.onData = (chunk) => {
      answerer.write(chunk);
      const answer = answerer.take();
      if (answer) this.#pty.write(answer);
    };
  }

  async #stream(bytes: Buffer, count: number): Promise<void> {
    const together = Math.min(count, Math.ceil(BLOCK / bytes.length));
    const block = Buffer.concat(Array.from({ length: together }, () => bytes));
    for (let left = count; left > 0; left -= together) {
      this.#pty.write(left >= together ? block : block.subarray(0, left * bytes.length));
      while (this.#pty.pending > BLOCK) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #holdUp(far: SimulatedBoard): void {
    far.hold(true);
    const look = () => {
      if (this.#pty.pending > ENOUGH) setImmediate(look);
      else far.hold(false);
    };
    setImmediate(look);
  }
}

function isOrder(value: unknown): value is Order {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

const board = new BoardProcess();
obey(
  isOrder,
  (order) => board.obey(order),
  () => void board.end().finally(() => process.exit()),
);
