import { Device } from '../../driver/device/device';
import type { DeviceOptions, DeviceState } from '../../driver/device/options';
import { EspAtError } from '../../driver/errors';
import type { Message } from '../../driver/link/events';
import type { Link } from '../../driver/link/link';
import type { OpenOptions } from '../../driver/link/options';
import {
  SimulatedDevice,
  seededRandom,
  type FirmwareClass,
  type Outcome,
  type Point,
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
import { SharedClock } from './shared-clock';
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
  /** Probability, 0 to 1, that a byte is corrupted at a rate. */
  readonly corruption?: (rate: number) => number;
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
  readonly hostClock = new SharedClock(this.clock);
  readonly server = new WsServer(this.clock);
  readonly network: MemoryNetwork;
  readonly simulator: SimulatedDevice;
  readonly port: MemoryPort;
  readonly device: Device;
  readonly states: DeviceState[] = [];
  readonly events: LoggedDeviceEvent[] = [];
  readonly linkEvents: LoggedLinkEvent[] = [];
  readonly messages: Message[] = [];
  /** The outcome of a command; undefined: the device executes it. */
  outcome: (line: string) => Outcome | undefined = () => undefined;
  reached: (point: Point, line: string) => void = () => undefined;
  /** Alters the bytes of the device on their way to the host, and those of the host; one character a byte. */
  alterOutput: ((text: string) => string) | undefined;
  alterInput: ((text: string) => string) | undefined;
  // What tests take apart into names of their own.

  /** The texts of the messages that the links emitted. */
  readonly texts = () => this.messages.map(({ bytes }) => bytes.toString());
  /** The codes of the warnings of the device and its links. */
  readonly warnings = () =>
    this.events.filter(({ event }) => event === 'warning').map(({ error }) => error?.code);
  /** The changes of a link, each with the state that it reported. */
  readonly story = (link = 0) =>
    this.linkEvents
      .filter((each) => each.link === link)
      .map((each) => `${each.event} ${each.state}`);
  /** The path of each connection that the server has accepted, and whether it is still open. */
  readonly connections = () =>
    this.server.connections.map(({ request, open }) => `${request.target} ${open}`);
  /** The connection that the server has accepted last. */
  readonly connection = () => {
    const connection = this.server.connections.at(-1);
    if (!connection) throw new Error('no connection');
    return connection;
  };
  /** The texts of the messages, or fragments of them, that a connection has received. */
  readonly received = ({ frames } = this.connection()) =>
    frames.filter(({ opcode }) => opcode < 8).map(({ payload }) => payload.toString());
  /** Sends a message from the server on a connection. */
  readonly serve = (payload: string | Buffer, connection = this.connection(), opcode = 1) =>
    connection.send({ fin: true, opcode, payload: Buffer.from(payload) });
  /** Gives the host these bytes as the device's. */
  readonly say = (text: string) => this.port.deliver(Buffer.from(text, 'latin1'));
  /** How often the host has written this text. */
  readonly count = (text: string) => this.port.text.split(text).length - 1;
  /** The command lines that the host has written. */
  readonly lines = () => this.port.text.split('\r\n').filter((line) => line !== '');
  /** How a promise ends: `done`, or the code of its error; virtual time passes until it does. */
  readonly ending = (promise: Promise<unknown>) => this.clock.wait(endingOf(promise));
  /** Lets time pass until a condition is true, or fails. */
  readonly until = async (isSo: () => boolean, ms = 60_000) => {
    if (!(await this.clock.until(isSo, ms)))
      throw new Error(`not within ${ms} ms: ${String(isSo)}`);
  };

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
      output: this.#delayed(serial, (bytes) =>
        passOn(bytes, this.alterOutput, (altered) => this.port.deliver(altered)),
      ),
      hooks: {
        outcome: (line) => this.outcome(line) ?? { kind: 'execute' },
        reached: (point, line) => this.reached(point, line),
      },
      ...(line && { uart: line.factory }),
      ...options.simulator,
    });
    this.port = new MemoryPort(
      () => ({
        write: this.#delayed(serial, (bytes) =>
          passOn(bytes, this.alterInput, (altered) => this.simulator.write(altered)),
        ),
      }),
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
  async ready(): Promise<this> {
    this.device.start();
    if (!(await this.clock.until(() => this.device.state.name === 'ready', 120_000))) {
      throw new Error(`the device did not become ready: ${JSON.stringify(this.device.state)}`);
    }
    return this;
  }

  get link(): Link {
    return this.device.links[0];
  }

  /** Opens link 0, then forgets the writes and the events of that. */
  async open(options: Partial<OpenOptions> = {}): Promise<this> {
    await this.clock.wait(this.link.open({ uri: 'ws://host/plain', ...options }));
    this.port.written.length = this.linkEvents.length = 0;
    return this;
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

/** How a promise ends: `done`, or the code of its error. */
export const endingOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: unknown) => (error instanceof EspAtError ? error.code : String(error)),
  );

function passOn(
  bytes: Uint8Array,
  alter: ((text: string) => string) | undefined,
  deliver: (bytes: Buffer) => void,
): void {
  if (!alter) return deliver(bytes as Buffer);
  const text = alter(Buffer.from(bytes).toString('latin1'));
  if (text !== '') deliver(Buffer.from(text, 'latin1'));
}
