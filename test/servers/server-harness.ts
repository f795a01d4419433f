import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Device, portAt, type WebSocketClassOptions } from '../../driver';
import { listen, type FirmwareClass } from '../../simulator';

/** Milliseconds after which a test gives something up. */
const TIMEOUT_MS = 20_000;

/** A simulated ESP32 with real sockets, a device that drives it, and an HTTP server to attach a WebSocket server to. */
export async function serverHarness(firmware: FirmwareClass) {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const simulator = await listen({ port: 0, firmware, joined: true, bootMs: 50 });
  const device = new Device({
    port: portAt(`tcp://127.0.0.1:${simulator.port}`, { rate: 115_200 }),
  });
  device.start();
  await device.ready();
  return {
    http,
    device,
    host: `127.0.0.1:${portOf(http)}`,
    webSocketClass: (options: WebSocketClassOptions = {}) =>
      device.webSocketClass({
        ...options,
        open: { config: { bufferBytes: 8192 }, ...options.open },
      }),
    /** Restarts the ESP32 and waits until it has lost its connections. */
    restart: async () => {
      const restarted = new Promise<void>((resolve) => device.once('restart', () => resolve()));
      simulator.device.restart();
      await restarted;
    },
    end: async () => {
      await device.stop();
      await simulator.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  if (typeof address !== 'object' || !address) throw new Error('the server does not listen');
  return address.port;
}

/** Waits until something holds. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const limit = performance.now() + TIMEOUT_MS;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
