import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Connection, ConnectionTarget, TlsOptions } from '../../../simulator/network';
import { MemoryNetwork, type Route } from './memory-network';
import { VirtualClock } from '../virtual-clock';
import { WsServer } from './ws-server';
import { makeAuthority, makeIdentity } from './ws-server-certificates';

const REQUEST =
  'GET /plain HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** A network with one server, and a client that writes down what it is told. */
function harness(route?: (target: ConnectionTarget, server: WsServer) => Route) {
  const clock = new VirtualClock();
  const server = new WsServer(clock);
  const network = new MemoryNetwork({
    clock,
    route: (target) => route?.(target, server) ?? { kind: 'server', server },
  });
  const told: string[] = [];
  const dial = (tls?: TlsOptions): Connection =>
    network.connect(
      { host: 'h', port: 80, ...(tls ? { tls } : {}) },
      {
        connected: () => told.push('connected'),
        data: (chunk) => told.push(`data ${chunk.toString('latin1').split('\r\n')[0] ?? ''}`),
        drained: () => told.push('drained'),
        ended: () => told.push('ended'),
        closed: (error) => told.push(`closed${error ? ` ${error.message}` : ''}`),
      },
    );
  return { clock, server, network, told, dial };
}

const ACCEPTED = ['connected', 'data HTTP/1.1 101 Switching Protocols'];

describe('the in-memory network', () => {
  test('connects, never in the same turn, and carries both directions', async () => {
    const { clock, server, told, dial } = harness();
    const connection = dial();
    assert.deepEqual(told, []);
    await clock.advance(1);
    connection.write(Buffer.from(REQUEST));
    await clock.advance(1);
    assert.deepEqual(told, ACCEPTED);
    assert.equal(server.requests[0]?.target, '/plain');
    server.connections[0]?.send({ fin: true, opcode: 1, payload: Buffer.from('hi') });
    await clock.advance(1);
    assert.equal(told[told.length - 1], 'data \x81\x02hi');
  });

  test('ends in both ways, and says so once', async () => {
    const { clock, server, network, told, dial } = harness();
    const first = dial();
    const second = dial();
    await clock.advance(1);
    for (const connection of [first, second]) connection.write(Buffer.from(REQUEST));
    await clock.advance(1);
    told.length = 0;
    server.connections[0]?.drop();
    await clock.advance(1);
    assert.deepEqual(told.splice(0), ['ended']);
    first.end();
    await clock.advance(1);
    assert.deepEqual(told.splice(0), ['closed']);
    server.connections[1]?.reset();
    await clock.advance(1);
    assert.deepEqual(told, ['closed read ECONNRESET']);
    assert.equal(network.size, 0);
  });

  test('tells nothing after destroy; the server sees the end', async () => {
    const { clock, server, told, dial } = harness();
    const connection = dial();
    await clock.advance(1);
    connection.write(Buffer.from(REQUEST));
    await clock.advance(1);
    server.connections[0]?.send({ fin: true, opcode: 1, payload: Buffer.from('late') });
    connection.destroy();
    await clock.advance(5);
    assert.deepEqual(told, ACCEPTED);
    assert.equal(server.connections[0]?.open, false);
  });

  test('pushes back when the server does not read', async () => {
    const { clock, server, network, told, dial } = harness();
    network.window = 10;
    const connection = dial();
    await clock.advance(1);
    connection.write(Buffer.from(REQUEST));
    await clock.advance(1);
    server.connections[0]?.stopReading();
    assert.deepEqual(
      [connection.write(Buffer.alloc(10)), connection.write(Buffer.alloc(1))],
      [true, false],
    );
    await clock.advance(60_000);
    assert.ok(!told.includes('drained'));
    server.connections[0]?.startReading();
    await clock.advance(1);
    assert.equal(told.at(-1), 'drained');
  });

  test('is a black hole when told to, and gives up nothing that was sent meanwhile', async () => {
    const { clock, server, network, told, dial } = harness();
    const connection = dial();
    await clock.advance(1);
    network.reachable = false;
    connection.write(Buffer.from(REQUEST));
    dial();
    await clock.advance(100_000);
    assert.deepEqual([told, server.requests.length], [['connected'], 0]);
    network.reachable = true;
    await clock.advance(1);
    assert.deepEqual(told, ['connected', 'drained', ACCEPTED[1]]);
  });

  test('refuses, loses, or does not know the name', async () => {
    const outcomes: string[] = [];
    for (const kind of ['refused', 'unroutable', 'no-name'] as const) {
      const { clock, told, dial } = harness(() => ({ kind }));
      dial();
      await clock.advance(100_000);
      outcomes.push(told.join());
    }
    assert.deepEqual(outcomes, [
      'closed connect ECONNREFUSED',
      '',
      'closed getaddrinfo ENOTFOUND h',
    ]);
  });
});

describe('the stand-in for TLS', () => {
  const authority = makeAuthority('CA');
  const client = makeIdentity(authority, 'client');
  const today = Date.UTC(2026, 5);
  const verify = { verify: true, ca: authority.certificate, now: today };

  async function shake(
    options: TlsOptions,
    identity = makeIdentity(authority, 'h'),
  ): Promise<string> {
    const { clock, server, told, dial } = harness((_, ws) => ({
      kind: 'server',
      server: ws,
      tls: { identity },
    }));
    const connection = dial(options);
    await clock.advance(1000);
    if (told[0] !== 'connected') return told.join();
    connection.write(Buffer.from(REQUEST));
    await clock.advance(1);
    return `client ${server.requests[0]?.clientName ?? '-'}`;
  }

  test('verifies signature and dates, only when asked to', async () => {
    const foreign = makeIdentity(makeAuthority('other'), 'h');
    assert.equal(await shake(verify), 'client -');
    assert.match(await shake(verify, foreign), /unknown ca/);
    assert.equal(await shake({ verify: false, now: today }, foreign), 'client -');
    assert.match(await shake({ ...verify, now: Date.UTC(2101, 0) }), /expired/);
    assert.match(await shake({ ...verify, now: 0 }), /bad certificate/);
  });

  test('takes a client certificate only with its own key', async () => {
    const shown = { ...verify, cert: client.certificate };
    assert.equal(await shake({ ...shown, key: client.key }), 'client client');
    assert.match(await shake({ ...shown, key: makeIdentity(authority, 'x').key }), /does not fit/);
  });
});
