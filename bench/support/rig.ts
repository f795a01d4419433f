import { Device, portAt, systemClock, type Clock, type LinkId } from '../../driver';
import type { FirmwareClass } from '../../simulator';
import { MemoryPort } from '../../test/harness/port/memory-port';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { SimulatedBoard } from './board/simulated-board';
import { startBoard } from './board/board';
import { TappedPort } from './tapped-port';

/**
 * - `virtual`: driver and device in one process and in virtual time, in which computing takes none. Measures
 *   only how long the port is idle because one side waits for bytes of the other.
 * - `process`: the same in real time.
 * - `pty`: the device is another process behind a pty.
 */
export type Via = 'virtual' | 'process' | 'pty';

/** The simulated board and the server behind it. */
interface Far {
  flood(target: string, count: number, size: number): Promise<unknown>;
  end(): Promise<void>;
}

export interface RigOptions {
  readonly firmware?: FirmwareClass;
  /** Bits a second; undefined: bytes take no time. */
  readonly rate?: number | undefined;
  readonly recorderBytes?: number;
}

/** A driver, a simulated ESP32 on a serial port, and a server. */
export class Rig {
  readonly port: TappedPort;
  readonly device: Device;
  readonly far: Far;
  readonly clock: Clock;
  /** Lets time pass until a promise settles. */
  readonly settle: <T>(promise: Promise<T>) => Promise<T>;

  constructor(
    port: TappedPort,
    far: Far,
    clock: VirtualClock | Clock,
    options: Pick<RigOptions, 'recorderBytes'>,
  ) {
    this.port = port;
    this.far = far;
    this.clock = clock;
    this.settle = (promise) => (clock instanceof VirtualClock ? clock.wait(promise) : promise);
    const queue = { messages: 1e6, bytes: 1e9 };
    this.device = new Device({ ...options, port, clock, sendLimit: queue });
  }

  /** Opens a link to a path with the link's number as query. */
  async connect(link: LinkId, path: string): Promise<void> {
    const uri = `ws://server${path}?${link}`;
    await this.settle(this.device.links[link].open({ uri, replace: true }));
  }

  /** Lets the server send messages over a link; settles when the driver has emitted them. */
  async receive(link: LinkId, path: string, count: number, size: number): Promise<void> {
    const all = this.arrival(count, link);
    await this.settle(this.far.flood(`${path}?${link}`, count, size));
    await this.settle(all);
  }

  /** Settles after `count` further messages, over one link or any. */
  arrival(count: number, link?: LinkId): Promise<void> {
    return new Promise((resolve) => {
      let left = count;
      const take = (message: { readonly link: LinkId }) => {
        if ((link !== undefined && message.link !== link) || --left > 0) return;
        for (const each of this.device.links) each.off('message', take);
        resolve();
      };
      for (const each of this.device.links) each.on('message', take);
    });
  }

  async end(): Promise<void> {
    await this.settle(this.device.stop());
    await this.far.end();
  }

  /** Starts the device; settles when it is ready. */
  async begin(): Promise<void> {
    const { device } = this;
    const up = new Promise<void>((resolve) => {
      device.on('statechange', ({ to }) => {
        if (to === 'ready') resolve();
      });
    });
    device.start();
    await this.settle(up);
  }
}

/** Builds a rig. {@link Rig.begin} starts it. */
export function buildRig(via: Via, options: RigOptions = {}): Promise<Rig> {
  return via === 'pty' ? overPty(options) : Promise.resolve(inProcess(via, options));
}

function inProcess(via: 'virtual' | 'process', options: RigOptions): Rig {
  const { firmware = 'D', rate, ...driver } = options;
  const clock = via === 'virtual' ? new VirtualClock() : systemClock;
  const far = new SimulatedBoard({ clock, firmware, rate, output: (bytes) => port.deliver(bytes) });
  const port = new MemoryPort(() => far);
  const rated = { address: port.address, rate, open: port.open.bind(port) };
  return new Rig(
    new TappedPort(rated),
    {
      flood: async (...order) => {
        far.flood(...order);
      },
      end: async () => {
        far.end();
      },
    },
    clock,
    driver,
  );
}

async function overPty({ firmware = 'D', rate, ...driver }: RigOptions): Promise<Rig> {
  const board = startBoard();
  const { path } = await board.ask({ kind: 'begin', firmware, rate });
  const opener = portAt(path, { rate: rate ?? 115_200 });
  return new Rig(
    new TappedPort(opener),
    {
      flood: (target, count, size) => board.ask({ kind: 'flood', target, count, size }),
      end: () => board.end(),
    },
    systemClock,
    driver,
  );
}
