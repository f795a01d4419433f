import { createServer } from 'node:http';
import { portOf } from '../harness/network/port-of';
import { Device, portAt, type PortOpener, type WebSocketClassOptions } from '../../driver';
import { listen, SimulatedDevice, systemClock, type FirmwareClass } from '../../simulator';
import { openPty, type Pty } from '../harness/port/pty';

/** The port of the simulated ESP32: a TCP bridge, or a pty. */
export type PortKind = 'tcp' | 'pty';

/** A simulated ESP32 with real sockets, as the host sees it. */
interface Board {
  readonly port: PortOpener;
  restart(): void;
  end(): Promise<void>;
}

const serial = { rate: 115_200 };
const BOOT_MS = 50;

async function overTcp(firmware: FirmwareClass): Promise<Board> {
  const simulator = await listen({ port: 0, firmware, joined: true, bootMs: BOOT_MS });
  return {
    port: portAt(`tcp://127.0.0.1:${simulator.port}`, serial),
    restart: () => simulator.device.restart(),
    end: () => simulator.close(),
  };
}

function overPty(firmware: FirmwareClass): Board {
  const simulated: SimulatedDevice = new SimulatedDevice({
    firmware,
    joined: true,
    bootMs: BOOT_MS,
    clock: systemClock,
    output: (bytes) => pty.write(bytes),
  });
  const pty: Pty = openPty((chunk) => simulated.write(chunk));
  return {
    port: portAt(pty.path, serial),
    restart: () => simulated.restart(),
    end: async () => {
      simulated.destroy();
      await pty.close();
    },
  };
}

/**
 * A simulated ESP32 with real sockets, a device that drives it, and an HTTP server to attach a WebSocket server to. Its disposal
 * ends all of that, and first, the newest first, what the test has added with `atEnd`.
 */
export async function serverHarness(firmware: FirmwareClass, port: PortKind = 'tcp') {
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const board = port === 'pty' ? overPty(firmware) : await overTcp(firmware);
  const device = new Device({ port: board.port });
  device.start();
  await device.ready();
  const ends: (() => unknown)[] = [];
  return {
    http,
    device,
    atEnd: (end: () => unknown): void => void ends.unshift(end),
    host: `127.0.0.1:${portOf(http)}`,
    webSocketClass: (options: WebSocketClassOptions = {}) =>
      device.webSocketClass({
        ...options,
        open: { config: { bufferBytes: 8192 }, ...options.open },
      }),
    /** Restarts the ESP32 and waits until it has lost its connections. */
    restart: async () => {
      const restarted = new Promise<void>((resolve) => device.once('restart', () => resolve()));
      board.restart();
      await restarted;
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) await end();
      await device.stop();
      await board.end();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
