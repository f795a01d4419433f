import type { Port, PortHandlers, PortOpener } from '../../../driver/port/port';

export interface WatchedPortOptions {
  /** Bits a second of the line behind it, where it has a rate. */
  readonly rate?: number | undefined;
  /** Told what the host writes. */
  readonly wrote: (bytes: Buffer) => void;
  /** Cuts what the device says: returns the pieces. */
  readonly cut: (chunk: Buffer) => readonly Buffer[];
  /** Pulls the device's reset. */
  readonly reset: () => void;
}

/** A port that is looked at on its way, that cuts what it hears at will, and that can reset its device. */
export function watchedPort(inner: PortOpener, options: WatchedPortOptions): PortOpener {
  const rate = options.rate ?? inner.rate;
  return {
    address: inner.address,
    ...(rate !== undefined && { rate }),
    open: async (handlers: PortHandlers, chosen?: number): Promise<Port> => {
      const data = (chunk: Buffer) => {
        for (const piece of options.cut(chunk)) handlers.data(piece);
      };
      const port = await inner.open({ data, lost: (error) => handlers.lost(error) }, chosen);
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
