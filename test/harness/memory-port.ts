import { EspAtError, type ErrorCode } from '../../driver/errors';
import type { Port, PortHandlers, PortOpener } from '../../driver/port/port';

/** The far end of a memory port: something that takes the host's bytes. */
export interface FarEnd {
  write(bytes: Uint8Array): void;
}

/** What makes a memory port a serial line. */
export interface MemoryLine {
  /** Bits a second at which the port opens. */
  readonly rate: number;
  /** It is behind a bridge, and its rate cannot be set from here. */
  readonly bridged?: boolean;
  /** @throws when the port knows no such rate */
  setRate(rate: number): void;
  /** Whether the far end holds CTS active; absent: the port has no such line. */
  cts?(): boolean;
  /** What RTS does, where it is wired to the device's reset. */
  reset?(): void;
}

/** A port without a line, unless it is given one: bytes go to a far end in the same process, and can be unplugged. */
export class MemoryPort implements PortOpener {
  readonly address = 'memory';
  readonly rate?: number;
  readonly bridgedRate?: number;
  /** Everything the host has written, in order. */
  readonly written: Buffer[] = [];
  /** Why it cannot be opened; undefined: it can. */
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

  /** What the host has written, as text, one character a byte. */
  get text(): string {
    return Buffer.concat(this.written).toString('latin1');
  }

  open(handlers: PortHandlers): Promise<Port> {
    if (this.refusal) return Promise.reject(new EspAtError(this.refusal, { port: this.address }));
    this.opened++;
    this.#handlers = handlers;
    const isOpen = () => this.#handlers === handlers;
    const line = this.#line;
    line?.setRate(line.rate);
    return Promise.resolve({
      pendingBytes: 0,
      write: (bytes: Uint8Array) => {
        if (!isOpen()) throw new EspAtError('PORT_CLOSED');
        this.written.push(Buffer.from(bytes));
        this.#farEnd().write(bytes);
      },
      ...(line && !line.bridged && { setRate: async (rate: number) => line.setRate(rate) }),
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

  /** Bytes from the far end. */
  deliver(bytes: Buffer): void {
    this.#handlers?.data(bytes);
  }

  /** Pulls the cable. */
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
