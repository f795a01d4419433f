import assert from 'node:assert/strict';
import { it as test } from 'node:test';
import type { SimulatedDevice } from '../../simulator/device/device';
import { faultyDevice, type Faults } from '../../simulator/faults';
import type { ConnectionTarget } from '../../simulator/network/network';
import type { SimulatorOptions } from '../../simulator/device/options';
import { seededRandom } from '../../simulator/random';
import { MemoryNetwork, type Route } from '../harness/network/memory-network';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { WsServer, type WsConnection } from '../harness/network/ws-server';
import type { Frame } from '../../simulator/websocket/frame-codec';

export const ok = '\r\nOK\r\n';
export const error = '\r\nERROR\r\n';
export const busy = '\r\nbusy p...\r\n';
export const prompt = `${ok}\r\n>`;
export const sent = '\r\nSEND OK\r\n';
export const joined = 'WIFI CONNECTED\r\nWIFI GOT IP\r\n';

export interface LabOptions extends SimulatorOptions {
  /** Decides the outcome of a connection attempt; default: it reaches the lab's server. */
  readonly route?: (target: ConnectionTarget) => Route | undefined;
  readonly seed?: number;
  /** Whether {@link it} leaves the echo on; default: it switches the echo off first. */
  readonly echo?: boolean;
}

/** A simulated device of class D, joined, and a WebSocket server, in virtual time. */
export class Lab {
  readonly clock = new VirtualClock();
  readonly server = new WsServer(this.clock);
  readonly network: MemoryNetwork;
  readonly device: SimulatedDevice;
  readonly faults: Faults;
  /** Output of the device that `hear` has not returned, in latin1. */
  #said = '';

  constructor(options: LabOptions = {}) {
    this.network = new MemoryNetwork({
      clock: this.clock,
      route: (target) => options.route?.(target) ?? { kind: 'server', server: this.server },
    });
    const { device, faults } = faultyDevice({
      joined: true,
      random: seededRandom(options.seed ?? 1),
      ...options,
      clock: this.clock,
      network: this.network,
      output: (bytes) => (this.#said += bytes.toString('latin1')),
    });
    this.device = device;
    this.faults = faults;
  }

  /** Writes and lets `ms` milliseconds pass; returns the output since the last call. */
  async say(text: string | Buffer, ms = 5): Promise<string> {
    this.device.write(typeof text === 'string' ? Buffer.from(text, 'latin1') : text);
    return this.hear(ms);
  }

  /** Writes a command line and lets `ms` milliseconds pass. */
  async command(line: string, ms = 5): Promise<string> {
    return this.say(`${line}\r\n`, ms);
  }

  /** Writes a command line; asserts the output within `ms` milliseconds. */
  async expect(line: string, said: string, ms = 5): Promise<void> {
    assert.equal(await this.command(line, ms), said, line);
  }

  /** Writes a command with each of the parameters, and asserts the output of each. */
  async expectEach(command: string, parameters: Iterable<string>, said: string): Promise<void> {
    for (const each of parameters) await this.expect(command + each, said);
  }

  /** Lets `ms` milliseconds pass; returns the output since the last call. */
  async hear(ms = 5): Promise<string> {
    await this.clock.advance(ms);
    const said = this.#said;
    this.#said = '';
    return said;
  }

  /** Lets time pass until the next output; returns it and the milliseconds it took. */
  async next(limit = 60_000): Promise<{ said: string; after: number }> {
    const start = this.clock.now();
    await this.clock.until(() => this.#said !== '', limit);
    const after = this.clock.now() - start;
    return { said: await this.hear(0), after };
  }

  /** Opens a link with the echo off, and asserts success. Returns the server's end. */
  async open(path = '/plain', link = 0): Promise<WsConnection> {
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

  /** Ends the device; asserts that it leaves no timer, connection or fault. */
  async end(): Promise<void> {
    this.faults.clear();
    this.device.destroy();
    await this.clock.advance(1000);
    assert.equal(this.clock.pending, 0, 'timers left');
    assert.equal(this.network.size, 0, 'connections left');
    assert.deepEqual(this.faults.active, []);
  }
}

export type Scenario = (lab: Lab) => Promise<void>;

/** Defines a test with its own {@link Lab}. */
export function it(title: string, scenario: Scenario): void;
export function it(title: string, options: LabOptions, scenario: Scenario): void;
export function it(title: string, ...rest: [Scenario] | [LabOptions, Scenario]): void {
  const [options, scenario] = rest.length === 1 ? [{}, rest[0]] : rest;
  test(title, async () => {
    const lab = new Lab(options);
    try {
      if (!options.echo) await lab.command('ATE0');
      await scenario(lab);
      await lab.end();
    } finally {
      lab.device.destroy();
    }
  });
}

/** Splits a text at white space. */
export const words = (text: string): string[] => text.trim().split(/\s+/);

/** The server's received frames, as `fin opcode payload`. */
export const frames = (connection: WsConnection): string[] =>
  connection.frames.map(({ fin, opcode, payload }) =>
    `${fin ? 1 : 0} ${opcode} ${payload.toString('latin1')}`.trim(),
  );

/** A frame for the server to send; by default a whole text message. */
export const frame = (payload: string | Buffer, opcode = 1, fin = true): Frame => ({
  fin,
  opcode,
  payload: typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload,
});
