import { once } from 'node:events';
import * as net from 'node:net';
import { build, type BuildOptions } from '../device/build';
import type { SimulatedDevice } from '../device/device';
import type { Faults } from '../faults';

/** Where the server listens, and the device behind it. */
export interface SimulatorServerOptions extends BuildOptions {
  /** TCP port; 0 for any that is free. */
  readonly port: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
}

/** A simulated device behind a TCP port. */
export interface SimulatorServer {
  /** The TCP port in use. */
  readonly port: number;
  /** The device behind the port. */
  readonly device: SimulatedDevice;
  /** Injects faults into the device. The fault `unplug` makes the server refuse clients. */
  readonly faults: Faults;
  /** Ends the server, its client and the device; settles when the port is free. */
  close(): Promise<void>;
}

/**
 * Serves the AT port of one simulated device over TCP, to one client at a time. Without a client the device runs on and
 * its output is lost, as on a port without a reader.
 *
 * @throws Error of node:net when the TCP port is not free or out of range; Error for an invalid fault
 */
export async function listen(options: SimulatorServerOptions): Promise<SimulatorServer> {
  let client: net.Socket | undefined;
  let unplugged = false;
  const { device, faults } = build(options, {
    unplug: () => {
      unplugged = true;
      client?.destroy();
    },
    plugIn: () => (unplugged = false),
  });
  const server = net.createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    if (client || unplugged) {
      socket.destroy();
      return;
    }
    client = socket;
    device.onOutput((bytes) => {
      if (!socket.write(bytes)) device.pauseOutput();
    });
    socket.on('drain', () => device.resumeOutput());
    socket.on('data', (chunk) => device.write(chunk));
    socket.on('close', () => {
      client = undefined;
      device.onOutput(() => undefined);
      device.resumeOutput();
    });
  });
  try {
    server.listen(options.port, options.host ?? '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    faults.clear();
    device.destroy();
    throw error;
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    device,
    faults,
    close: () =>
      new Promise((resolve) => {
        faults.clear();
        device.destroy();
        client?.destroy();
        server.close(() => resolve());
      }),
  };
}
