import { Device } from '../../driver/device';
import type { DeviceEvent, DeviceOptions, DeviceStatus } from '../../driver/device-types';
import type { LinkEvent, Message } from '../../driver/link-types';
import {
  SimulatedDevice,
  seededRandom,
  type FirmwareClass,
  type SimulatorOptions,
} from '../../simulator';
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network';
import { MemoryPort } from './memory-port';
import { VirtualClock } from './virtual-clock';
import { WsServer } from './ws-server';

export interface WorldOptions {
  readonly firmware?: FirmwareClass;
  readonly seed?: number;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly device?: Partial<DeviceOptions>;
  readonly route?: MemoryNetworkOptions['route'];
}

/**
 * Everything from the driver to a WebSocket server in virtual time: driver, memory port, simulated ESP32,
 * memory network, server. Nothing waits, and every run is the same.
 */
export class World {
  readonly clock = new VirtualClock();
  /** The driver's part of it. */
  readonly hostClock = this.clock.share();
  readonly server = new WsServer(this.clock);
  readonly network: MemoryNetwork;
  readonly simulator: SimulatedDevice;
  readonly port: MemoryPort;
  readonly device: Device;
  readonly statuses: DeviceStatus[] = [];
  readonly events: DeviceEvent[] = [];
  readonly links: LinkEvent[] = [];
  readonly messages: Message[] = [];

  constructor(options: WorldOptions = {}) {
    const random = seededRandom(options.seed ?? 1);
    const { clock } = this;
    this.network = new MemoryNetwork({
      clock,
      route:
        options.route ??
        (({ port }) =>
          port === 1 ? { kind: 'refused' } : { kind: 'server', server: this.server }),
    });
    this.simulator = new SimulatedDevice({
      firmware: options.firmware ?? 'D',
      clock,
      network: this.network,
      random,
      joined: true,
      output: (bytes) => this.port.deliver(bytes),
      ...options.simulator,
    });
    this.port = new MemoryPort(() => this.simulator);
    this.device = new Device({
      port: this.port,
      clock: this.hostClock,
      random,
      ...options.device,
    });
    this.device.on('status', (status) => this.statuses.push(status));
    this.device.on('event', (event) => this.events.push(event));
    this.device.on('link', (event) => this.links.push(event));
    this.device.on('message', (message) => this.messages.push(message));
  }

  /** Starts the device and lets time pass until it is ready. */
  async ready(): Promise<void> {
    this.device.start();
    if (!(await this.clock.until(() => this.device.status.state === 'ready', 120_000))) {
      throw new Error(`the device did not become ready: ${JSON.stringify(this.device.status)}`);
    }
  }

  /** Ends it all; afterwards nothing may be left in the clock. */
  async end(): Promise<void> {
    await this.clock.wait(this.device.stop());
    this.simulator.destroy();
  }
}
