import { Device } from '../../driver/device';
import type { LinkId } from '../../driver/at/frame';
import { SimulatedDevice, seededRandom, type FirmwareClass } from '../../simulator';
import { MemoryNetwork } from '../support/memory-network';
import { MemoryPort } from '../support/memory-port';
import { VirtualClock } from '../support/virtual-clock';
import { WsServer } from '../support/ws-server';
import { Books } from './books';
import { FaultyPort } from './faulty-port';
import { Gremlins } from './gremlins';
import { between } from './message';
import type { Stage, Welcome } from './stage';

export interface VirtualStageOptions {
  readonly firmware: FirmwareClass;
  readonly seed: number;
  /** Whether what the device says comes in random pieces. */
  readonly cuts?: boolean;
}

const BOOT = 400;
/** From the start of the station to an address. */
const JOIN = 1100;

/** Driver, memory port, simulated device, memory network and server, all in virtual time. */
export class VirtualStage implements Stage {
  readonly clock = new VirtualClock();
  readonly books = new Books(() => this.clock.now());
  readonly ws = new WsServer(this.clock);
  readonly gremlins = new Gremlins();
  readonly bootAndJoin = BOOT + JOIN;
  readonly firmware: FirmwareClass;
  readonly simulator: SimulatedDevice;
  readonly port: FaultyPort;
  readonly device: Device;
  welcome: Welcome = 'accepts';
  readonly #memory: MemoryPort;

  constructor({ firmware, seed, cuts = false }: VirtualStageOptions) {
    this.firmware = firmware;
    const { clock, books } = this;
    const chance = seededRandom(seed);
    const network = new MemoryNetwork({
      clock,
      route: () => {
        if (this.welcome === 'accepts') return { kind: 'server', server: this.ws };
        return { kind: this.welcome === 'refuses' ? 'refused' : 'unroutable' };
      },
    });
    this.simulator = new SimulatedDevice({
      ...{ firmware, clock, network, joined: true, bootMs: BOOT },
      random: seededRandom(seed + 1),
      hooks: this.gremlins.hooks,
      output: (bytes) => this.#memory.deliver(bytes),
    });
    this.#memory = new MemoryPort(() => this.simulator);
    this.port = new FaultyPort(this.#memory, {
      now: () => clock.now(),
      witness: books,
      ...(cuts && { cut: (chunk: Buffer) => cutAtRandom(chunk, chance) }),
    });
    this.device = new Device({ port: this.port, clock, random: seededRandom(seed + 2) });
  }

  now(): number {
    return this.clock.now();
  }

  uri(link: LinkId): string {
    return `ws://server:80/${link}`;
  }

  pass(milliseconds: number): Promise<void> {
    return this.clock.advance(milliseconds);
  }

  until(done: () => boolean, limit: number): Promise<boolean> {
    return this.clock.until(done, limit);
  }

  after(milliseconds: number, callback: () => void): () => void {
    return this.clock.after(milliseconds, callback);
  }

  unplug(): void {
    this.#memory.unplug();
  }

  plugIn(): void {
    this.#memory.plugIn();
  }

  async end(): Promise<readonly string[]> {
    await this.clock.wait(this.device.stop(), 5000);
    const left: string[] = [];
    if (this.#memory.isOpen) left.push('the port is open');
    this.simulator.destroy();
    // The servers' and the network's own timers run out.
    await this.clock.advance(200_000);
    if (this.clock.pending > 0) left.push(`${this.clock.pending} timers`);
    return left;
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
