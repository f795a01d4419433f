import { EspAtError, type ErrorCode } from '../../../driver/errors';
import type { Port, PortHandlers, PortOpener } from '../../../driver/port/port';

/** The far end of a memory port, which takes the host's bytes. */
export interface FarEnd {
  write(bytes: Uint8Array): void;
}

/** The serial line of a memory port. */
export interface MemoryLine {
  /** Bits a second at which the port opens. */
  readonly rate: number;
  /** Whether the port is behind a bridge, so that the host cannot set its rate. */
  readonly bridged?: boolean;
  /** Absent: the host cannot set the rate. @throws EspAtError for a rate that the port does not support */
  setRate?(rate: number): void;
  /** Whether the far end holds CTS active; absent: the port has no such line. */
  cts?(): boolean;
  /** Resets the device; absent unless RTS is wired to its reset. */
  reset?(): void;
}

/** A port to a far end in this process, with or without a serial line, which a test can unplug. */
export class MemoryPort implements PortOpener {
  readonly address = 'memory';
  readonly rate?: number;
  readonly bridgedRate?: number;
  /** The host's writes, in order. */
  readonly written: Buffer[] = [];
  /** The error of the next `open`; undefined: it succeeds. */
  refusal: ErrorCode | undefined;
  readonly #farEnd: () => FarEnd;
  readonly #line: MemoryLine | undefined;
  #handlers: PortHandlers | undefined;
  opened = 0;

  constructor(farEnd: () => FarEnd, line?: MemoryLine) {
    this.#farEnd = farEnd;
    this.#line = line;
    if (line?.bridged) this.bridgedRate = line.rate;
    else if (line) this.rate = line.rate;
  }

  get isOpen(): boolean {
    return this.#handlers !== undefined;
  }

  /** The host's writes as latin1 text. */
  get text(): string {
    return Buffer.concat(this.written).toString('latin1');
  }

  open(handlers: PortHandlers): Promise<Port> {
    if (this.refusal) return Promise.reject(new EspAtError(this.refusal, { port: this.address }));
    this.opened++;
    this.#handlers = handlers;
    const isOpen = () => this.#handlers === handlers;
    const line = this.#line;
    line?.setRate?.(line.rate);
    return Promise.resolve({
      pendingBytes: 0,
      write: (bytes: Uint8Array) => {
        if (!isOpen()) throw new EspAtError('PORT_CLOSED');
        this.written.push(Buffer.from(bytes));
        this.#farEnd().write(bytes);
      },
      ...(line?.setRate &&
        !line.bridged && { setRate: async (rate: number) => line.setRate?.(rate) }),
      ...(line?.cts && {
        readCts: async () => line.cts?.() === true,
        setFlowControl: () => Promise.resolve(),
      }),
      ...(line?.reset && { reset: async () => line.reset?.() }),
      close: () => {
        if (isOpen()) this.#handlers = undefined;
        return Promise.resolve();
      },
    });
  }

  /** Delivers bytes from the far end. */
  deliver(bytes: Buffer): void {
    this.#handlers?.data(bytes);
  }

  /** Loses the port, and refuses to open it until {@link plugIn}. */
  unplug(): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    this.refusal = 'PORT_NOT_FOUND';
    handlers?.lost(new EspAtError('PORT_LOST', { port: this.address }));
  }

  plugIn(): void {
    this.refusal = undefined;
  }
}
