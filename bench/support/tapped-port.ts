import type { Port, PortHandlers, PortOpener, PortOpenOptions } from '../../driver';

/** Counts of bytes by direction. */
export interface Traffic {
  written: number;
  received: number;
}

/** A port that counts the bytes that pass it, and calls `onWrite` before each write. */
export class TappedPort implements PortOpener {
  readonly traffic: Traffic = { written: 0, received: 0 };
  onWrite: (bytes: Uint8Array) => void = () => undefined;
  readonly #inner: PortOpener;

  constructor(inner: PortOpener) {
    this.#inner = inner;
  }

  get address(): string {
    return this.#inner.address;
  }

  get rate(): number | undefined {
    return this.#inner.rate;
  }

  async open(handlers: PortHandlers, settings: PortOpenOptions): Promise<Port> {
    const { traffic } = this;
    const port = await this.#inner.open(
      {
        ...handlers,
        data: (chunk) => {
          traffic.received += chunk.length;
          handlers.data(chunk);
        },
      },
      settings,
    );
    return {
      write: (bytes) => {
        traffic.written += bytes.length;
        this.onWrite(bytes);
        port.write(bytes);
      },
      get pendingBytes() {
        return port.pendingBytes;
      },
      close: () => port.close(),
    };
  }
}
