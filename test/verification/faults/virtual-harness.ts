import { Device } from '../../../driver/device/device';
import { MAX_PAYLOAD_BYTES } from '../../../driver/at/command';
import type { LinkId } from '../../../driver/at/types';
import { seededRandom, type FirmwareClass, type SimulatedDevice } from '../../../simulator';
import { directUart } from '../../../simulator/serial/uart';
import { faultyDevice, type Faults } from '../../../simulator/faults';
import { PacedLine } from '../../../simulator/serial/paced-line';
import { listenerCount } from '../../harness/event-log';
import { HostLoop } from '../../harness/host-loop';
import { MemoryNetwork } from '../../harness/network/memory-network';
import { MemoryPort } from '../../harness/port/memory-port';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { WsServer } from '../../harness/network/ws-server';
import { MessageLog } from '../message-log';
import { remainsOf } from '../remains';
import { between } from '../../harness/random';
import type { PortMonitor } from './port-monitor';

export interface VirtualHarnessOptions {
  readonly firmware: FirmwareClass;
  readonly seed: number;
  /** Whether the line has a rate, 115200 bits a second. */
  readonly paced?: boolean;
  /** Whether the device output comes in random chunks. */
  readonly cuts?: boolean;
}

/** From power-up to `ready`. */
const BOOT_MS = 400;
/** From `ready` to an address. */
const JOIN_MS = 1100;
const PACED_RATE = 115_200;
/** The highest rate of a device, for a line whose bytes take no time. */
const MAX_RATE = 5_000_000;
const PACED_PAUSE_FACTOR = 5;
/** Timers of the servers and the network end within this time. */
const LAST_TIMER_MS = 200_000;
const NO_LIMIT_MS = 1e12;

/** Driver, memory port, simulated device, memory network and server, all in virtual time. */
export class VirtualHarness {
  readonly clock = new VirtualClock();
  readonly host = new HostLoop(this.clock);
  readonly log = new MessageLog(() => this.clock.now());
  readonly ws = new WsServer(this.clock);
  /** Milliseconds from power-up to an address, at most. */
  readonly bootAndJoinMs = BOOT_MS + JOIN_MS;
  /** Factor of the pauses between messages, so that a slow port is not flooded. */
  readonly pauseFactor: number;
  /** Milliseconds that the longest payload takes at the port's rate. */
  readonly padMs: number;
  /** Milliseconds that all received bytes took at the port's rate; 0 without a rate. */
  receiveMs = 0;
  readonly firmware: FirmwareClass;
  readonly faults: Faults;
  readonly device: Device;
  /** Count of the listeners that the run itself has added. */
  ownListeners = 0;
  monitor: PortMonitor | undefined;
  /** Called with the bytes that the host writes and reads, for a trace. */
  onWrite: ((bytes: Buffer) => void) | undefined;
  onRead: ((bytes: Buffer) => void) | undefined;
  /** Called with the count of bytes in each write, both ways. */
  onPass: ((length: number) => void) | undefined;
  readonly #simulator: SimulatedDevice;
  readonly #port: MemoryPort;
  readonly #network: MemoryNetwork;

  constructor({ firmware, seed, paced = false, cuts = false }: VirtualHarnessOptions) {
    this.firmware = firmware;
    this.pauseFactor = paced ? PACED_PAUSE_FACTOR : 1;
    const byteMs = paced ? 10_000 / PACED_RATE : 0;
    this.padMs = MAX_PAYLOAD_BYTES * byteMs;
    const { clock } = this;
    const chance = seededRandom(seed + 3);
    this.#network = new MemoryNetwork({
      clock,
      route: () => ({ kind: 'server', server: this.ws }),
    });
    const { device, faults } = faultyDevice({
      firmware,
      clock,
      network: this.#network,
      joined: true,
      bootMs: BOOT_MS,
      random: seededRandom(seed + 1),
      uart: paced ? new PacedLine().factory : directUart,
      hooks: {
        reached: (point, line) => {
          if (point === 'command') this.monitor?.executed(line);
          else if (point === 'answered') this.monitor?.answered();
        },
        refused: () => this.monitor?.refused(),
      },
      output: (bytes) => {
        this.receiveMs += bytes.length * byteMs;
        this.onRead?.(bytes);
        this.monitor?.read(bytes);
        this.onPass?.(bytes.length);
        for (const piece of cuts ? cutAtRandom(bytes, chance) : [bytes]) this.#port.deliver(piece);
      },
    });
    this.#simulator = device;
    this.faults = faults;
    const write = (bytes: Buffer) => {
      this.#port.written.length = 0;
      this.onWrite?.(bytes);
      this.onPass?.(bytes.length);
      this.monitor?.wrote(bytes);
      device.write(bytes);
    };
    const rate = paced ? PACED_RATE : MAX_RATE;
    this.#port = new MemoryPort(() => ({ write }), { rate, reset: () => device.restart() });
    faults.port = this.#port;
    const random = seededRandom(seed + 2);
    this.device = new Device({
      port: this.host.port(this.#port),
      clock: this.host,
      random,
      rtsReset: true,
    });
  }

  /** The URI of a link. */
  uri(link: LinkId): string {
    return `ws://server:80/${link}`;
  }

  /** Lets another program open the port, or close it. Call only while it is unplugged. */
  occupy(taken: boolean): void {
    this.#port.refusal = taken ? 'PORT_BUSY' : undefined;
  }

  /** Lets time pass until a promise settles. */
  drive<T>(promise: Promise<T>): Promise<T> {
    return this.clock.wait(promise, NO_LIMIT_MS);
  }

  /** Stops everything. @returns remaining timers, listeners, ports and connections */
  async end(): Promise<readonly string[]> {
    this.log.stopping();
    await this.clock.wait(this.device.stop(), NO_LIMIT_MS);
    const { isOpen } = this.#port;
    this.#simulator.destroy();
    await this.clock.advance(LAST_TIMER_MS);
    const listeners = listenerCount(this.device) - this.ownListeners;
    const connections = this.#network.size;
    return remainsOf(isOpen, { timers: this.clock.pending, listeners, connections });
  }
}

function cutAtRandom(chunk: Buffer, random: () => number): Buffer[] {
  if (chunk.length < 2 || random() < 0.3) return [chunk];
  const pieces: Buffer[] = [];
  for (let at = 0; at < chunk.length;) {
    const size = random() < 0.3 ? 1 : between(random, 1, chunk.length);
    pieces.push(chunk.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
