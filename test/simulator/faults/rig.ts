import assert from 'node:assert/strict';
import { faultyDevice, type Faults } from '../../../simulator/faults';
import type { SimulatedDevice } from '../../../simulator/device';
import type { SimulatorOptions } from '../../../simulator/options';
import { seededRandom } from '../../../simulator/random';
import { MemoryNetwork } from '../../harness/network/memory-network';
import { VirtualClock } from '../../harness/virtual-clock';
import { WsServer, type WsConnection } from '../../harness/network/ws-server';

/** Milliseconds that a command without network takes at most. */
const shortly = 5;

/** A device with faults in virtual time, joined, its echo off unless asked for, and a WebSocket server. */
export class FaultRig {
  readonly clock = new VirtualClock();
  readonly server = new WsServer(this.clock);
  readonly network = new MemoryNetwork({
    clock: this.clock,
    route: () => ({ kind: 'server', server: this.server }),
  });
  readonly device: SimulatedDevice;
  readonly faults: Faults;
  #said: Buffer[] = [];

  constructor(options: SimulatorOptions & { readonly seed?: number } = {}) {
    const { device, faults } = faultyDevice({
      joined: true,
      bootMs: 100,
      ...options,
      random: seededRandom(options.seed ?? 7),
      clock: this.clock,
      network: this.network,
      output: (bytes) => this.#said.push(bytes),
    });
    this.device = device;
    this.faults = faults;
  }

  /** Writes a command line; returns what the device says within `ms`, one character a byte. */
  command(line: string, ms = shortly): Promise<string> {
    return this.write(`${line}\r\n`, ms);
  }

  write(bytes: string | Buffer, ms = shortly): Promise<string> {
    this.device.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this.hear(ms);
  }

  /** Lets time pass; returns what the device has said since the last look. */
  async hear(ms: number): Promise<string> {
    await this.clock.advance(ms);
    const said = Buffer.concat(this.#said).toString('latin1');
    this.#said = [];
    return said;
  }

  async echoOff(): Promise<this> {
    assert.equal(await this.command('ATE0'), 'ATE0\r\n\r\nOK\r\n');
    return this;
  }

  /** Opens link 0; echo must be off. Returns the server's end. */
  async open(): Promise<WsConnection> {
    const said = await this.command('AT+WSOPEN=0,"ws://server.test/plain"', 50);
    assert.equal(said, '+WS_CONNECTED:0\r\n\r\nOK\r\n');
    return this.connection;
  }

  get connection(): WsConnection {
    const connection = this.server.connections.at(-1);
    assert.ok(connection, 'no client connected');
    return connection;
  }

  /** Ends faults and device; no timer and no connection may be left. */
  async end(): Promise<void> {
    this.faults.clear();
    this.device.destroy();
    await this.clock.advance(1_000);
    assert.equal(this.clock.pending, 0, 'timers are left');
    assert.equal(this.network.size, 0, 'connections are left');
    assert.deepEqual(this.faults.active, []);
  }
}

/** Runs a scenario on a device with its echo off, and checks that nothing is left of it. */
export async function withFaults(
  scenario: (rig: FaultRig) => Promise<void>,
  options: SimulatorOptions & { readonly seed?: number } = {},
): Promise<void> {
  const rig = new FaultRig(options);
  await rig.echoOff();
  await scenario(rig);
  await rig.end();
}

/** What each fault does, by its name. */
export type Scenarios = Readonly<Record<string, (rig: FaultRig) => Promise<void>>>;
