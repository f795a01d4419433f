import type { Port, PortHandlers, PortOpener, PortOpenOptions } from '../../../driver/port/port';

interface MonitoredPortOptions {
  /** Bits a second; default that of the inner port. */
  readonly rate?: number | undefined;
  /** Called with the host's writes. */
  readonly wrote: (bytes: Buffer) => void;
  /** Cuts a chunk from the device into pieces. */
  readonly cut: (chunk: Buffer) => readonly Buffer[];
  /** Resets the device. */
  readonly reset: () => void;
}

/** A port that reports its writes, cuts received chunks, and can reset its device. */
export function monitoredPort(inner: PortOpener, options: MonitoredPortOptions): PortOpener {
  const rate = options.rate ?? inner.rate;
  return {
    address: inner.address,
    ...(rate !== undefined && { rate }),
    open: async (handlers: PortHandlers, settings: PortOpenOptions): Promise<Port> => {
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
