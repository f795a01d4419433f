import { Device } from '../../../driver/device/device';
import type { LinkId } from '../../../driver/at/types';
import { systemClock } from '../../../driver/clock';
import { portAt } from '../../../driver/port/open';
import type { Port } from '../../../driver/port/port';
import { seededRandom, type FirmwareClass, type SimulatedDevice } from '../../../simulator';
import { faultyDevice, type Faults } from '../../../simulator/faults';
import { startPathServer, type PathServer } from '../../harness/network/path-server';
import { openPty, PortLink, type Pty } from '../../harness/port/pty';
import { MessageLog } from '../message-log';
import { hooksFor, type FaultHarness, type PortObserver } from './fault-harness';
import { monitoredPort } from './monitored-port';

/** From power-up to `ready`. */
const BOOT_MS = 400;
/** From `ready` to an address. */
const JOIN_MS = 1100;
/** Closed resources disappear within the next turns. */
const CLOSE_LIMIT_MS = 30_000;
/** Resources of every process. */
const standard = new Set(['TTYWrap', 'PipeWrap', 'FSReqCallback', 'Immediate']);
const serial = { rate: 115_200 };

/** The driver on a real serial line (a pty) and a simulated device with real sockets, in real time. */
export class RealHarness implements FaultHarness {
  readonly clock = systemClock;
  readonly host = undefined;
  readonly log = new MessageLog(() => systemClock.now());
  readonly pauseFactor = 1;
  readonly bootAndJoinMs = BOOT_MS + JOIN_MS;
  readonly padMs = 0;
  readonly receiveMs = 0;
  readonly firmware: FirmwareClass;
  readonly faults: Faults;
  readonly device: Device;
  ownListeners = 0;
  monitor: PortObserver | undefined;
  onWrite: ((bytes: Buffer) => void) | undefined;
  onRead: ((bytes: Buffer) => void) | undefined;
  onPass: ((length: number) => void) | undefined;
  readonly #server: PathServer;
  readonly #simulator: SimulatedDevice;
  readonly #name = new PortLink();
  #pty: Pty | undefined;
  /** The port that another program has open. */
  #other: Promise<Port> | undefined;

  /** @param server `end()` closes it */
  constructor(firmware: FirmwareClass, seed: number, server: PathServer) {
    this.firmware = firmware;
    this.#server = server;
    const { device, faults } = faultyDevice({
      firmware,
      joined: true,
      bootMs: BOOT_MS,
      random: seededRandom(seed + 1),
      hooks: hooksFor(() => this.monitor),
      output: (bytes) => {
        this.onRead?.(bytes);
        this.onPass?.(bytes.length);
        this.#pty?.write(bytes);
      },
    });
    this.#simulator = device;
    this.faults = faults;
    faults.port = { unplug: () => void this.#unplug(), plugIn: () => this.#plugIn() };
    const port = monitoredPort(portAt(this.#name.path, serial), {
      wrote: (bytes) => {
        this.onWrite?.(bytes);
        this.onPass?.(bytes.length);
        this.monitor?.wrote(bytes);
      },
      cut: (chunk) => [chunk],
      reset: () => device.restart(),
    });
    this.device = new Device({ port, random: seededRandom(seed + 2), rtsReset: true });
    this.#plugIn();
  }

  static async start(firmware: FirmwareClass, seed: number): Promise<RealHarness> {
    return new RealHarness(firmware, seed, await startPathServer());
  }

  get ws(): PathServer['ws'] {
    return this.#server.ws;
  }

  uri(link: LinkId): string {
    return `${this.#server.url}/${link}`;
  }

  occupy(taken: boolean): void {
    if (taken) {
      this.#plugIn();
      const handlers = { data: () => undefined, lost: () => undefined };
      this.#other = portAt(this.#name.path, serial).open(handlers, { flowControl: false });
      // The driver may have opened the port before.
      this.#other.catch(() => undefined);
    } else {
      this.#other?.then((port) => port.close()).catch(() => undefined);
      this.#other = undefined;
    }
  }

  drive<T>(promise: Promise<T>): Promise<T> {
    return promise;
  }

  async end(): Promise<readonly string[]> {
    await this.device.stop();
    this.#simulator.destroy();
    await this.#unplug();
    this.#name.close();
    await this.#server.close();
    const limit = performance.now() + CLOSE_LIMIT_MS;
    for (;;) {
      const left = process.getActiveResourcesInfo().filter((name) => !standard.has(name));
      if (left.length === 0 || performance.now() > limit) return left;
      // Not a timer: it would be one of them.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #unplug(): Promise<void> {
    this.#name.remove();
    const pty = this.#pty;
    this.#pty = undefined;
    return pty?.close() ?? Promise.resolve();
  }

  #plugIn(): void {
    if (this.#pty) return;
    const pty = openPty((chunk) => this.#simulator.write(chunk));
    this.#pty = pty;
    this.#name.point(pty.path);
  }
}
