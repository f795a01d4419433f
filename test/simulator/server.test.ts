import assert from 'node:assert/strict';
import { once } from 'node:events';
import * as net from 'node:net';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { listen, type SimulatorServer } from '../../simulator/serial/server';

/** A client of the AT port, over real TCP. */
class Client {
  readonly #socket: net.Socket;
  #said = '';

  constructor(port: number) {
    this.#socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk: Buffer) => (this.#said += chunk.toString('latin1')));
    this.#socket.on('error', () => undefined);
  }

  write(line: string): void {
    this.#socket.write(`${line}\r\n`);
  }

  /** Waits for a response with this end; returns all of it. */
  async answer(end = '\r\nOK\r\n'): Promise<string> {
    while (!this.#said.endsWith(end)) await once(this.#socket, 'data');
    const said = this.#said;
    this.#said = '';
    return said;
  }

  async closed(): Promise<void> {
    if (!this.#socket.destroyed) await once(this.#socket, 'close');
  }

  end(): void {
    this.#socket.destroy();
  }
}

async function serving(
  options: Partial<Parameters<typeof listen>[0]>,
  use: (server: SimulatorServer) => Promise<void>,
): Promise<void> {
  const server = await listen({ port: 0, joined: true, ...options });
  try {
    await use(server);
  } finally {
    await server.close();
  }
}

describe('a simulated device behind a TCP port', () => {
  it('serves one client and refuses others', () =>
    serving({}, async ({ port }) => {
      const first = new Client(port);
      first.write('AT');
      assert.equal(await first.answer(), 'AT\r\n\r\nOK\r\n');
      const second = new Client(port);
      await second.closed();
      first.write('AT');
      assert.equal(await first.answer(), 'AT\r\n\r\nOK\r\n');
      first.end();
    }));

  it('refuses clients while it is unplugged', () =>
    serving({}, async ({ port, faults }) => {
      const client = new Client(port);
      client.write('AT');
      await client.answer();
      const unplugged = faults.inject('unplug=60s');
      await client.closed();
      const refused = new Client(port);
      await refused.closed();
      unplugged.end();
      const again = new Client(port);
      again.write('AT');
      assert.equal(await again.answer(), 'AT\r\n\r\nOK\r\n');
      again.end();
    }));

  it('refuses an unknown fault, and leaves no port open', async () => {
    await assert.rejects(listen({ port: 0, faults: ['nope'] }), /there is no fault "nope"/);
  });

  it('leaves no timer of device or faults where the TCP port is in use or out of range', () =>
    serving({}, async ({ port }) => {
      const clock = new VirtualClock();
      const options = { faults: ['wifi-lost=+5s'], clock, joined: true };
      await assert.rejects(listen({ port, ...options }), { code: 'EADDRINUSE' });
      await assert.rejects(listen({ port: 65_536, ...options }), { code: 'ERR_SOCKET_BAD_PORT' });
      assert.equal(clock.pending, 0);
    }));
});
