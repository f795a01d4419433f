import { Device } from '../../driver/device/device';
import type { DeviceEvent, DeviceOptions, DeviceStatus } from '../../driver/device/options';
import { EspAtError } from '../../driver/errors';
import type { LinkEvent, Message } from '../../driver/link/options';
import {
  SimulatedDevice,
  seededRandom,
  type FirmwareClass,
  type SimulatorOptions,
} from '../../simulator';
import { PacedLine } from '../../simulator/paced-uart';
import { MemoryNetwork, type MemoryNetworkOptions } from './network/memory-network';
import { MemoryPort, type MemoryLine } from './memory-port';
import { VirtualClock } from './virtual-clock';
import { WsServer } from './network/ws-server';

export interface WorldOptions {
  readonly firmware?: FirmwareClass;
  readonly seed?: number;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly device?: Partial<DeviceOptions>;
  readonly route?: MemoryNetworkOptions['route'];
  /** A serial line of this rate between the two; without it bytes take no time. */
  readonly line?: LineOptions;
}

export interface LineOptions {
  /** Bits a second at which the host opens its port. */
  readonly rate: number;
  /** The highest rate at which bytes survive the cable, in bits a second. */
  readonly bears?: number;
  /** The highest rate that the host's port knows, in bits a second. */
  readonly knows?: number;
  /** Whether it is behind a bridge: its rate cannot be set by the host. */
  readonly bridged?: boolean;
  /** Whether RTS is wired to the device's reset. */
  readonly reset?: boolean;
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
  readonly #line: PacedLine | undefined;

  constructor(options: WorldOptions = {}) {
    const random = seededRandom(options.seed ?? 1);
    const { clock } = this;
    const line = options.line && new PacedLine({ hostRate: options.line.rate });
    this.#line = line;
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
      ...(line && { uart: line.factory }),
      ...options.simulator,
    });
    this.port = new MemoryPort(
      () => this.simulator,
      options.line && line && this.#serial(options.line, line),
    );
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

  /** Bits a second at the host's end of the line; at any other rate than the device's only garbage passes. */
  get hostRate(): number | undefined {
    return this.#line?.hostRate;
  }

  #serial({ rate, bears, knows, bridged, reset }: LineOptions, line: PacedLine): MemoryLine {
    return {
      rate,
      ...(bridged && { bridged }),
      setRate: (to) => {
        if (knows !== undefined && to > knows) throw new EspAtError('PORT_FAILED');
        // What the cable does not bear arrives as if the ends disagreed about the rate.
        line.hostRate = bears !== undefined && to > bears ? bears : to;
      },
      ...(reset && { reset: () => this.simulator.restart() }),
    };
  }

  /** Ends it all; afterwards nothing may be left in the clock. */
  async end(): Promise<void> {
    await this.clock.wait(this.device.stop());
    this.simulator.destroy();
  }
}
