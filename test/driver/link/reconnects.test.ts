import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Link } from '../../../driver/link/link';
import { Harness } from '../../harness/harness';
import { endingOf, test } from '../../harness/ready-harness';

/** Keeps a link open from now on, however its first attempt ends. */
function keepOpen(link: Link, path: string): void {
  link.open({ uri: `ws://host/${path}`, keepOpen: true }).catch(() => undefined);
}

function connectionsTo(harness: Harness, path: string): number {
  return harness.server.connections.filter(({ request }) => request.target === `/${path}`).length;
}

describe('a link with keepOpen', () => {
  test('reopens within 500 ms after its device has a network again, after an hour without', async (harness) => {
    const { link } = harness;
    keepOpen(link, 'plain');
    await harness.until(() => link.stateNumber === 2, 5000);
    harness.simulator.wifi.lose();
    await harness.clock.advance(3_600_000);
    assert.equal(link.stateNumber, 0);
    const pauses = harness.linkEvents.flatMap(({ retryInMs }) => retryInMs ?? []);
    assert.ok(pauses.length > 10 && Math.max(...pauses) > 40_000, String(pauses));
    // The network returns between two attempts: an attempt without a network would have to fail first.
    await harness.until(() => harness.linkEvents.at(-1)?.event === 'retry', 120_000);
    harness.simulator.wifi.recover();
    await harness.until(() => harness.events.at(-1)?.detail === 'address', 60_000);
    await harness.clock.advance(500);
    assert.equal(link.stateNumber, 2);
  });

  it('does not restart the device in a loop when each open crashes it', async () => {
    // Class A does not survive a server that closes at once.
    await using harness = await new Harness({ firmware: 'A', simulator: { bootMs: 400 } }).ready();
    harness.server.behavior.onAccept = (connection) => {
      if (connection.request.target === '/refusing') connection.close(1008);
    };
    const [steady, fatal] = harness.device.links;
    keepOpen(steady, 'steady');
    keepOpen(fatal, 'refusing');
    await harness.clock.advance(60_000);
    const restarts = () => harness.events.filter(({ event }) => event === 'restart').length;
    assert.ok(connectionsTo(harness, 'refusing') >= 5, 'it is opened');
    harness.events.length = harness.linkEvents.length = 0;
    await harness.clock.advance(1_800_000);
    assert.ok(restarts() > 3 && restarts() < 20, `${restarts()} restarts in half an hour`);
    const retries = harness.linkEvents.filter(({ link, event }) => link === 1 && event === 'retry');
    assert.equal(retries.length, restarts());
    // Each restart takes the other link down as well, but not for long.
    assert.equal(steady.stateNumber, 2);
    assert.ok(harness.linkEvents.every(({ link, event }) => link === 1 || event !== 'retry'));
    harness.server.behavior.onAccept = undefined;
    await harness.clock.advance(300_000);
    assert.deepEqual([steady.stateNumber, fatal.stateNumber], [2, 2]);
  });

  it('does not reopen at once in such a loop, where its device has a network again', async () => {
    await using harness = await new Harness({ firmware: 'A', simulator: { bootMs: 400 } }).ready();
    harness.server.behavior.onAccept = (connection) => connection.close(1008);
    const [link] = harness.device.links;
    keepOpen(link, 'refusing');
    await harness.clock.advance(60_000);
    const before = connectionsTo(harness, 'refusing');
    for (let second = 0; second < 600; second += 5) {
      link.networkBack();
      await harness.clock.advance(5000);
    }
    assert.ok(connectionsTo(harness, 'refusing') - before < 10);
  });

  test('is found closed without a URC although other links keep the port busy', async (harness) => {
    harness.alterOutput = (text) => text.replace('+WS_CLOSED:1\r\n', '');
    const [busy, closed] = harness.device.links;
    keepOpen(busy, 'busy');
    keepOpen(closed, 'closed');
    await harness.until(() => busy.stateNumber === 2 && closed.stateNumber === 2, 5000);
    const speak = () => {
      harness.serve('still here', harness.server.connections[0]);
      cancel = harness.clock.after(1000, speak);
    };
    let cancel = harness.clock.after(0, speak);
    harness.server.connections[1]?.close();
    await harness.clock.advance(125_000);
    assert.equal(connectionsTo(harness, 'closed'), 2);
    assert.equal(closed.stateNumber, 2);
    cancel();
  });
});

it('a link that the device reconnects before the driver does keeps its connection, without a close or data loss', async () => {
  await using harness: Harness = new Harness({
    route: ({ port }) =>
      port === 7 ? { kind: 'unroutable' } : { kind: 'server', server: harness.server },
  });
  await harness.ready();
  const { clock, server } = harness;
  const [link, other] = harness.device.links;
  await clock.wait(link.open({ uri: 'ws://host/plain' }));
  server.connections[0]?.reset();
  assert.ok(await clock.until(() => link.stateNumber !== 2, 1000));
  other.open({ uri: 'ws://host:7/' }).catch(() => undefined);
  let isOpen = false;
  void link.open({ uri: 'ws://host/plain' }).then(() => (isOpen = true));
  harness.port.written.length = 0;
  assert.ok(await clock.until(() => server.connections.length === 2, 14_000));
  server.connections[1]?.send({ fin: true, opcode: 1, payload: Buffer.from('hello') });
  await clock.advance(100);
  assert.deepEqual([link.stateNumber, isOpen], [2, true]);
  assert.deepEqual(harness.texts(), ['hello']);
  await clock.advance(30_000);
  assert.equal(link.stateNumber, 2);
  assert.equal(server.connections.length, 2);
  assert.ok(!harness.port.text.includes('AT+WSCLOSE=0'), harness.port.text);
});

test('a link that the device reconnects while the driver closes it to open it afresh opens with the AT+WSOPEN of the driver: AT+WSCLOSE has ended the other connection', async (harness) => {
  const { clock, port, server, link } = await harness.open();
  server.connections[0]?.reset();
  assert.ok(await clock.until(() => link.stateNumber === 3, 1000));
  port.written.length = harness.linkEvents.length = 0;
  const again = endingOf(link.open({ uri: 'ws://host/plain' }));
  assert.ok(await clock.until(() => port.text.includes('AT+WSCLOSE=0'), 1000));
  port.deliver(Buffer.from('+WS_CONNECTED:0\r\n'));
  assert.deepEqual([link.state, link.stateNumber], ['opening', 3]);
  assert.equal(await clock.wait(again), 'done');
  assert.equal(port.text.split('AT+WSOPEN=0').length - 1, 1);
  assert.deepEqual(harness.story(), ['opening 3', 'opened 2']);
  assert.deepEqual(
    server.connections.map(({ open }) => open),
    [false, true],
  );
});

test('a link that waits to open, while the device still has its connection to another URI, closes that connection, and opens its own', async (harness) => {
  const { clock, device, server, link } = await harness.open({ uri: 'ws://host/one' });
  harness.outcome = (line) => (line === 'AT+WSCLOSE=0' ? { kind: 'error' } : undefined);
  const options = { uri: 'ws://host/two', keepOpen: true, replace: true };
  assert.equal(await clock.wait(endingOf(link.open(options))), 'COMMAND_FAILED');
  assert.equal(harness.linkEvents.at(-1)?.event, 'retry');
  harness.outcome = () => undefined;
  await clock.wait(device.checkLinks());
  assert.equal(link.state, 'closed');
  const [first] = server.connections;
  first?.send({ fin: true, opcode: 1, payload: Buffer.from('of one') });
  assert.ok(await clock.until(() => link.state === 'open', 60_000));
  assert.deepEqual(harness.connections(), ['/one false', '/two true']);
  assert.deepEqual(harness.messages, []);
});
