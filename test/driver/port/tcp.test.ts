import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { portOf } from '../../harness/network/port-of';
import type { Clock } from '../../../driver/clock';
import type { EspAtError } from '../../../driver/errors';
import { portAt } from '../../../driver/port/open';
import type { Port, PortHandlers } from '../../../driver/port/port';
import { openTcp } from '../../../driver/port/tcp';
import { refused, rejected } from '../../harness/refused';

const line = { rate: 115_200 };

/** A bridge that lets the test speak for the device. */
class Bridge {
  readonly server: Server = createServer();
  readonly sockets: Socket[] = [];

  async listen(): Promise<string> {
    this.server.on('connection', (socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `tcp://127.0.0.1:${portOf(this.server)}`;
  }

  async accepted(): Promise<Socket> {
    if (this.sockets.length === 0) await once(this.server, 'connection');
    const [socket] = this.sockets;
    assert.ok(socket);
    return socket;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }
}

/** A clock whose calls come in one turn: a real connection can neither succeed nor fail meanwhile. */
class SynchronousClock implements Clock {
  time = 0;
  readonly calls = new Set<{ readonly at: number; readonly callback: () => void }>();

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const call = { at: this.time + ms, callback };
    this.calls.add(call);
    return () => void this.calls.delete(call);
  }

  afterInput(callback: () => void): () => void {
    return this.after(0, callback);
  }

  /** Makes the calls that are due after `ms` milliseconds, and none that these calls begin. */
  advance(ms: number): void {
    this.time += ms;
    for (const call of [...this.calls].filter(({ at }) => at <= this.time)) {
      this.calls.delete(call);
      call.callback();
    }
  }
}

describe('a serial port behind TCP', () => {
  let bridge: Bridge;
  let address: string;
  let lost: EspAtError[];
  let received: Buffer[];
  let heard: () => void;

  beforeEach(async () => {
    bridge = new Bridge();
    address = await bridge.listen();
    lost = [];
    received = [];
    heard = () => undefined;
  });
  afterEach(() => bridge.close());

  const handlers: PortHandlers = {
    data: (chunk) => {
      received.push(chunk);
      heard();
    },
    lost: (error) => {
      lost.push(error);
      heard();
    },
  };
  const open = (): Promise<Port> => portAt(address, line).open(handlers, { flowControl: false });
  const nextEvent = (): Promise<void> => new Promise((resolve) => (heard = resolve));

  it('carries bytes both ways', async () => {
    const port = await open();
    const far = await bridge.accepted();
    port.write(Buffer.from('AT\r\n'));
    port.write(new Uint8Array([0, 255]));
    let sent = Buffer.alloc(0);
    while (sent.length < 6) {
      const [chunk] = (await once(far, 'data')) as [Buffer];
      sent = Buffer.concat([sent, chunk]);
    }
    assert.equal(sent.toString('latin1'), 'AT\r\n\0\xff');
    const event = nextEvent();
    far.write('\r\nOK\r\n');
    await event;
    assert.equal(Buffer.concat(received).toString(), '\r\nOK\r\n');
    await port.close();
  });

  it('is lost once when the bridge ends or resets the connection', async () => {
    for (const end of ['end', 'resetAndDestroy'] as const) {
      const port = await open();
      const far = await bridge.accepted();
      const event = nextEvent();
      far[end]();
      await event;
      refused('PORT_CLOSED', () => port.write(Buffer.from('x')));
      assert.equal(port.pendingBytes, 0);
      await port.close();
      bridge.sockets.length = 0;
    }
    const losses = lost.map(({ code, details }) => `${code} ${String(details.port)}`);
    assert.deepEqual(losses, Array(2).fill(`PORT_LOST ${address}`));
  });

  it('is not lost when it is closed, once or repeatedly', async () => {
    const port = await open();
    const far = await bridge.accepted();
    const gone = once(far, 'close');
    far.resume();
    await Promise.all([port.close(), port.close()]);
    await gone;
    assert.deepEqual(lost, []);
    refused('PORT_CLOSED', () => port.write(Buffer.from('x')));
  });

  it('fails to open when nothing listens at the address', async () => {
    await bridge.close();
    const error = await rejected('PORT_UNREACHABLE', open());
    assert.match(error.message, /127\.0\.0\.1/);
  });

  it('times out after 5 s on a host that does not respond, and leaves no timer', async () => {
    const clock = new SynchronousClock();
    const host = '10.255.255.1';
    const opening = openTcp(`tcp://${host}:1`, { host, port: 1 }, handlers, clock);
    const outcome = rejected('PORT_UNREACHABLE', opening);
    while (clock.calls.size > 0 && clock.time < 10_000) clock.advance(10);
    await outcome;
    assert.deepEqual([clock.time, clock.calls.size], [5010, 0]);
  });

  it('connects although the event loop was blocked for longer than the timeout', async () => {
    const clock = new SynchronousClock();
    const { hostname, port } = new URL(address);
    const opening = openTcp(address, { host: hostname, port: Number(port) }, handlers, clock);
    clock.advance(20_000);
    await (await opening).close();
  });
});
