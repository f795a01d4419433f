import { Device } from '../../driver/device/device';
import type { DeviceOptions, DeviceState } from '../../driver/device/options';
import { EspAtError } from '../../driver/errors';
import type { Message } from '../../driver/link/events';
import {
  SimulatedDevice,
  seededRandom,
  type FirmwareClass,
  type SimulatorOptions,
} from '../../simulator';
import { PacedLine } from '../../simulator/serial/paced-line';
import { MemoryNetwork, type MemoryNetworkOptions } from './network/memory-network';
import {
  onDeviceEvents,
  onLinkEvents,
  type LoggedDeviceEvent,
  type LoggedLinkEvent,
} from './event-log';
import { MemoryPort, type MemoryLine } from './port/memory-port';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { WsServer } from './network/ws-server';

export interface HarnessOptions {
  readonly firmware?: FirmwareClass;
  readonly seed?: number;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly device?: Partial<DeviceOptions>;
  readonly route?: MemoryNetworkOptions['route'];
  /** A serial port with a baud rate; without it bytes take no time. */
  readonly serial?: SerialOptions;
}

export interface SerialOptions {
  /** Bits a second at which the host opens its port. */
  readonly baudRate: number;
  /** Bits a second of the port behind a bridge; default: {@link baudRate}. */
  readonly lineRate?: number;
  /** The highest rate at which bytes survive the cable, in bits a second. */
  readonly maxCableBaudRate?: number;
  /** The highest rate that the host's port supports, in bits a second. */
  readonly maxPortBaudRate?: number;
  /** Whether the port is behind a bridge, so that the host cannot set its rate. */
  readonly bridged?: boolean;
  /** Milliseconds by which the bridge delays bytes, each way. */
  readonly latencyMs?: number;
  /** Whether RTS and CTS are wired; absent: the port has no such lines. */
  readonly rtsCts?: boolean;
  /** Probability, 0 to 1, that a byte is corrupted at a rate. `guarded`: RTS and CTS are wired, and used. */
  readonly corruption?: (rate: number, guarded: boolean) => number;
  /** Whether RTS is wired to the device's reset. */
  readonly resetWired?: boolean;
}

/**
 * Driver, memory port, simulated ESP32, memory network and WebSocket server in virtual time: tests do not wait, and runs
 * repeat exactly.
 */
export class Harness {
  readonly clock = new VirtualClock();
  /** The driver's share of the clock, which counts its pending timers. */
  readonly hostClock = this.clock.share();
  readonly server = new WsServer(this.clock);
  readonly network: MemoryNetwork;
  readonly simulator: SimulatedDevice;
  readonly port: MemoryPort;
  readonly device: Device;
  readonly states: DeviceState[] = [];
  readonly events: LoggedDeviceEvent[] = [];
  readonly linkEvents: LoggedLinkEvent[] = [];
  readonly messages: Message[] = [];
  readonly #line: PacedLine | undefined;

  constructor(options: HarnessOptions = {}) {
    const random = seededRandom(options.seed ?? 1);
    const { clock } = this;
    this.server.behavior.skipsFirstPing = true;
    const { serial } = options;
    const line =
      serial && new PacedLine({ ...serial, hostRate: serial.lineRate ?? serial.baudRate });
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
      output: this.#delayed(serial, (bytes) => this.port.deliver(bytes)),
      ...(line && { uart: line.factory }),
      ...options.simulator,
    });
    this.port = new MemoryPort(
      () => ({ write: this.#delayed(serial, (bytes) => this.simulator.write(bytes)) }),
      serial && line && this.#serialPort(serial, line),
    );
    this.device = new Device({
      port: this.port,
      clock: this.hostClock,
      random,
      ...options.device,
    });
    this.device.on('statechange', () => this.states.push(this.device.state));
    onDeviceEvents(this.device, (event) => this.events.push(event));
    onLinkEvents(this.device, (event) => this.linkEvents.push(event));
    for (const link of this.device.links)
      link.on('message', (message) => this.messages.push(message));
  }

  /** Starts the device and lets time pass until it is ready. */
  async ready(): Promise<void> {
    this.device.start();
    if (!(await this.clock.until(() => this.device.state.name === 'ready', 120_000))) {
      throw new Error(`the device did not become ready: ${JSON.stringify(this.device.state)}`);
    }
  }

  /** Bits a second at the host's end of the line; at another rate than the device's, bytes arrive corrupt. */
  get hostRate(): number | undefined {
    return this.#line?.hostRate;
  }

  #serialPort(serial: SerialOptions, line: PacedLine): MemoryLine {
    const { baudRate, maxCableBaudRate = Infinity, maxPortBaudRate = Infinity } = serial;
    return {
      rate: baudRate,
      ...(serial.bridged && { bridged: true }),
      setRate: (to) => {
        if (to > maxPortBaudRate) throw new EspAtError('PORT_FAILED');
        // Above its limit the cable corrupts bytes, as if the two ends had different rates.
        line.hostRate = Math.min(serial.lineRate ?? to, maxCableBaudRate);
      },
      ...(serial.rtsCts !== undefined && { cts: () => line.cts }),
      ...(serial.resetWired && { reset: () => this.simulator.restart() }),
    };
  }

  #delayed<T>(serial: SerialOptions | undefined, deliver: (bytes: T) => void): (bytes: T) => void {
    const latency = serial?.latencyMs;
    if (latency === undefined) return deliver;
    return (bytes) => void this.clock.after(latency, () => deliver(bytes));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }

  /** Stops driver and device. Timers of the server and the network remain. */
  async end(): Promise<void> {
    await this.clock.wait(this.device.stop());
    this.simulator.destroy();
  }
}
