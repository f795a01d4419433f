import type { Port, PortHandlers, PortOpener, PortSettings } from '../../../driver/port/port';

export interface WatchedPortOptions {
  /** Bits a second of the line behind it, where it has a rate. */
  readonly rate?: number | undefined;
  /** Called with what the host writes. */
  readonly wrote: (bytes: Buffer) => void;
  /** Cuts a chunk from the device into pieces. */
  readonly cut: (chunk: Buffer) => readonly Buffer[];
  /** Resets the device. */
  readonly reset: () => void;
}

/** A port whose writes are observed, whose received chunks can be cut, and that can reset its device. */
export function watchedPort(inner: PortOpener, options: WatchedPortOptions): PortOpener {
  const rate = options.rate ?? inner.rate;
  return {
    address: inner.address,
    ...(rate !== undefined && { rate }),
    open: async (handlers: PortHandlers, settings: PortSettings): Promise<Port> => {
      const data = (chunk: Buffer) => {
        for (const piece of options.cut(chunk)) handlers.data(piece);
      };
      const port = await inner.open({ data, lost: (error) => handlers.lost(error) }, settings);
      return {
        write: (bytes) => {
          options.wrote(Buffer.from(bytes));
          port.write(bytes);
        },
        get pendingBytes() {
          return port.pendingBytes;
        },
        reset: () => {
          options.reset();
          return Promise.resolve();
        },
        close: () => port.close(),
      };
    },
  };
}
