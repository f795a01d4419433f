import { systemClock, type FirmwareClass } from '../../simulator';
import { openPty, type Pty } from '../../test/support/pty';
import { FarEnd } from './far-end';

/** What the process that started this one may ask for; each is answered, in order. */
export type Order =
  | { readonly kind: 'begin'; readonly firmware: FirmwareClass; readonly rate: number | undefined }
  /** Gives back each byte at once, instead of a device: what the line itself costs. */
  | { readonly kind: 'mirror' }
  | {
      readonly kind: 'flood';
      readonly target: string;
      readonly count: number;
      readonly size: number;
    }
  | { readonly kind: 'forget' };

export interface Answer {
  /** Where the line can be opened. */
  readonly path: string;
  /** Messages that the server had received since the last `forget`. */
  readonly forgotten: number;
}

/** Bytes waiting for the line above which the device is held up, as by RTS/CTS. */
const ENOUGH = 4096;

/** A simulated ESP32 behind a pty, in a process of its own, as a board is a computer of its own. */
class FarProcess {
  readonly #pty: Pty = openPty((chunk) => this.#far?.write(chunk));
  #far: FarEnd | undefined;

  obey(order: Order): Answer {
    let forgotten = 0;
    switch (order.kind) {
      case 'begin':
        this.#begin(order);
        break;
      case 'mirror':
        this.#pty.onData = (chunk) => this.#pty.write(chunk);
        break;
      case 'flood':
        this.#far?.flood(order.target, order.count, order.size);
        break;
      case 'forget':
        forgotten = this.#far?.forget() ?? 0;
        break;
    }
    return { path: this.#pty.path, forgotten };
  }

  async end(): Promise<void> {
    this.#far?.end();
    await this.#pty.close();
  }

  #begin({ firmware, rate }: Extract<Order, { kind: 'begin' }>): void {
    const far = new FarEnd({
      clock: systemClock,
      firmware,
      rate,
      output: (bytes) => {
        this.#pty.write(bytes);
        if (this.#pty.pending > ENOUGH) this.#holdUp(far);
      },
    });
    this.#far = far;
  }

  #holdUp(far: FarEnd): void {
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

const far = new FarProcess();
process.on('message', (order: unknown) => {
  if (isOrder(order)) process.send?.(far.obey(order));
});
process.once('disconnect', () => void far.end());
