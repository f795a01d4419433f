import assert from 'node:assert/strict';
import { SimulatedDevice } from '../../simulator/device';
import type { ConnectionTarget } from '../../simulator/network';
import type { SimulatorOptions } from '../../simulator/options';
import { seededRandom } from '../../simulator/random';
import { MemoryNetwork, type Route } from '../harness/network/memory-network';
import { VirtualClock } from '../harness/virtual-clock';
import { WsServer, type WsConnection } from '../harness/network/ws-server';

export interface LabOptions extends SimulatorOptions {
  /** Decides what becomes of a connection attempt; default: the lab's server. */
  readonly route?: (target: ConnectionTarget) => Route | undefined;
}

/** A simulated device of class D, joined, and a WebSocket server; time passes only when told to. */
export class Lab {
  readonly clock = new VirtualClock();
  readonly server = new WsServer(this.clock);
  readonly network: MemoryNetwork;
  readonly device: SimulatedDevice;
  /** What the device has said and no one has looked at yet, one character a byte. */
  #said = '';

  constructor(options: LabOptions = {}) {
    this.network = new MemoryNetwork({
      clock: this.clock,
      route: (target) => options.route?.(target) ?? { kind: 'server', server: this.server },
    });
    this.device = new SimulatedDevice({
      joined: true,
      random: seededRandom(1),
      ...options,
      clock: this.clock,
      network: this.network,
      output: (bytes) => (this.#said += bytes.toString('latin1')),
    });
  }

  /** Writes and lets `ms` milliseconds pass; returns all that was said since the last look. */
  async say(text: string | Buffer, ms = 5): Promise<string> {
    this.device.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    return this.hear(ms);
  }

  /** Writes a command line and lets `ms` milliseconds pass. */
  async command(line: string, ms = 5): Promise<string> {
    return this.say(`${line}\r\n`, ms);
  }

  /** Lets `ms` milliseconds pass; returns all that was said since the last look. */
  async hear(ms = 5): Promise<string> {
    await this.clock.advance(ms);
    const said = this.#said;
    this.#said = '';
    return said;
  }

  /** Lets time pass until the device says something; returns it and the milliseconds that took. */
  async next(limit = 60_000): Promise<{ said: string; after: number }> {
    const start = this.clock.now();
    await this.clock.until(() => this.#said !== '', limit);
    const after = this.clock.now() - start;
    return { said: await this.hear(0), after };
  }

  /** Switches the echo off and opens a link, which must succeed. Returns the server's end of it. */
  async open(path = '/plain', link = 0): Promise<WsConnection> {
    await this.command('ATE0');
    const said = await this.command(`AT+WSOPEN=${link},"ws://server.test${path}"`, 50);
    assert.match(said, new RegExp(`^\\+WS_CONNECTED:${link}\\r\\n\\r\\nOK\\r\\n`));
    return this.connection;
  }

  /** The server's end of the newest connection. */
  get connection(): WsConnection {
    const connection = this.server.connections.at(-1);
    assert.ok(connection, 'no client connected');
    return connection;
  }

  /** Ends the device; nothing may be left of it. */
  async end(): Promise<void> {
    this.device.destroy();
    await this.clock.advance(1000);
    assert.equal(this.clock.pending, 0, 'timers left');
    assert.equal(this.network.size, 0, 'connections left');
  }
}

/** Runs a scenario with a lab of its own and checks that nothing is left of it. */
export async function inLab(
  options: LabOptions,
  scenario: (lab: Lab) => Promise<void>,
): Promise<void> {
  const lab = new Lab(options);
  try {
    await scenario(lab);
    await lab.end();
  } finally {
    lab.device.destroy();
  }
}

/** What the server received on a connection, as `fin opcode payload`. */
export const frames = (connection: WsConnection): string[] =>
  connection.frames.map(({ fin, opcode, payload }) =>
    `${fin ? 1 : 0} ${opcode} ${payload.toString('latin1')}`.trim(),
  );
