import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { Harness } from '../../harness/harness';
import { MemoryPort } from '../../harness/port/memory-port';
import { code, failure, readyHarness, test } from '../../harness/ready-harness';

const URI = 'ws://host/echo';
/** Milliseconds in which a link is open again after a start. */
const OPEN_AGAIN_MS = 3000;

describe('a disconnected device', () => {
  test('has closed its connections with 1001 and freed the port, and a kept-open link opens again within 3 s, ten times', async (harness) => {
    const { device, clock, server, port, link } = await harness.open({ uri: URI, keepOpen: true });
    for (let round = 1; round <= 10; round++) {
      await clock.wait(device.disconnect());
      assert.deepEqual([device.state.name, port.isOpen], ['disconnected', false]);
      const last = server.connections.at(-1)?.frames.find(({ opcode }) => opcode === 8);
      assert.deepEqual(last?.payload, Buffer.from([0x03, 0xe9]));
      await clock.advance(20_000);
      assert.equal(server.connections.length, round);
      device.start();
      assert.ok(await clock.until(() => link.state === 'open', OPEN_AGAIN_MS), `round ${round}`);
    }
    await clock.wait(link.send('x'));
    assert.equal(link.statistics().reconnects, 10);
  });

  it('delivers no data and starts no timer while it closes its connections', async () => {
    await using harness = await readyHarness({ firmware: 'C' });
    const { device, clock, server, port, link } = await harness.open({
      uri: URI,
      framing: { by: 'json' },
    });
    server.behavior.answersCloses = false;
    const stopped = device.disconnect();
    await clock.advance(200);
    assert.deepEqual([link.state, port.isOpen], ['closed', true]);
    server.connections[0]?.send({ fin: true, opcode: 1, payload: Buffer.from('{}') });
    await clock.wait(stopped);
    assert.deepEqual([harness.messages, harness.hostClock.pending], [[], 0]);
  });

  test('leaves no timer when its time for closing connections ends in a pause between two checks', async (harness) => {
    const { device, clock } = harness;
    const [link, slow] = device.links;
    await clock.wait(link.open({ uri: URI }));
    harness.server.behavior.answersCloses = false;
    slow.open({ uri: 'ws://host/slow=1000' }).catch(() => undefined);
    await clock.advance(150);
    await clock.wait(device.stop());
    assert.equal(harness.hostClock.pending, 0);
  });

  test('refuses to open, to send, to ask and to wait with DEVICE_DISCONNECTED, and opens a link with keepOpen at the next start', async (harness) => {
    const { device, clock } = harness;
    const [link, kept] = device.links;
    await clock.wait(device.disconnect());
    assert.equal(await code(harness, link.open({ uri: URI })), 'DEVICE_DISCONNECTED');
    assert.equal(
      await code(harness, kept.open({ uri: URI, keepOpen: true })),
      'DEVICE_DISCONNECTED',
    );
    const refused = await failure(harness, link.send('x'));
    assert.deepEqual([refused.code, refused.outcome], ['DEVICE_DISCONNECTED', 'not-sent']);
    const request = link.request({ a: 1 }, { match: { by: 'next' }, timeoutMs: 1000 });
    assert.equal(await code(harness, request), 'DEVICE_DISCONNECTED');
    const calls = [
      () => device.checkLinks(),
      () => device.ready(),
      () => device.restart(),
      () => device.command('AT'),
    ];
    for (const call of calls) assert.equal(await code(harness, call()), 'DEVICE_DISCONNECTED');
    device.start();
    await clock.advance(OPEN_AGAIN_MS);
    assert.deepEqual([link.state, kept.state], ['closed', 'open']);
  });

  test('holds a message for its holdMs, and sends it once connected', async (harness) => {
    const { device, clock, server, link } = await harness.open({ uri: URI, keepOpen: true });
    await clock.wait(device.disconnect());
    const sent = link.send('later', { holdMs: 60_000 });
    await clock.advance(30_000);
    device.start();
    await clock.wait(sent);
    await clock.advance(10);
    const frames = server.connections.at(-1)?.frames.filter(({ opcode }) => opcode === 1);
    assert.deepEqual(
      frames?.map(({ payload }) => payload.toString()),
      ['later'],
    );
  });

  test('is stopped by a stop, after the disconnect and during it', async (harness) => {
    const { device, clock, link } = harness;
    for (const isLater of [true, false]) {
      await clock.wait(link.open({ uri: URI, keepOpen: true }));
      const disconnected = device.disconnect();
      if (isLater) await clock.wait(disconnected);
      await clock.wait(device.stop());
      assert.deepEqual([device.state.name, link.state], ['stopped', 'closed']);
      device.start();
      assert.ok(await clock.until(() => device.state.name === 'ready', OPEN_AGAIN_MS));
      await clock.advance(OPEN_AGAIN_MS);
      assert.equal(link.state, 'closed');
    }
  });

  test('stays stopped where it was stopped', async (harness) => {
    await harness.clock.wait(harness.device.stop());
    await harness.clock.wait(harness.device.disconnect());
    assert.equal(harness.device.state.name, 'stopped');
  });

  test('frees the port of a device that does not answer', async (harness) => {
    await harness.open({ uri: URI });
    harness.simulator.destroy();
    await harness.clock.wait(harness.device.disconnect());
    assert.equal(harness.port.isOpen, false);
  });
});

describe('a restart by the user', () => {
  it('runs AT+RST, counts and emits one restart, and opens a kept-open link again', async () => {
    await using harness = await readyHarness({
      serial: { baudRate: 115_200 },
      device: { negotiatedRate: 921_600 },
    });
    const { device, clock, link } = await harness.open({ uri: URI, keepOpen: true });
    await clock.wait(device.restart());
    assert.ok(await clock.until(() => link.state === 'open', 10_000));
    assert.equal(harness.lines().filter((line) => line === 'AT+RST').length, 1);
    assert.equal(harness.device.statistics().restarts, 1);
    assert.equal(harness.events.filter(({ event }) => event === 'restart').length, 1);
    assert.deepEqual(
      harness
        .story()
        .slice(-2)
        .map((each) => each.split(' ')[0]),
      ['opening', 'reopened'],
    );
  });

  test('rejects with PORT_LOST when the port is lost', async (harness) => {
    harness.port.unplug();
    assert.equal(await code(harness, harness.device.restart()), 'PORT_LOST');
  });
});

describe('another port', () => {
  test('is used from the next start on, and an absent one causes one state with PORT_NOT_FOUND and no other event', async (harness) => {
    await using other = await readyHarness();
    const { device, clock } = harness;
    await clock.wait(device.disconnect());
    other.port.unplug();
    device.usePort(other.port);
    harness.states.length = 0;
    harness.events.length = 0;
    device.start();
    await clock.advance(60_000);
    const states = harness.states.map(({ name, error }) => `${name} ${error?.code}`);
    assert.deepEqual(states, ['absent undefined', 'absent PORT_NOT_FOUND']);
    assert.deepEqual(harness.events, []);
    assert.equal(device.statistics().port.opens, 1);
  });

  it('does not show the error of a silent device on the port before', async () => {
    await using harness = new Harness({ simulator: { running: false } });
    const { device, clock, port } = harness;
    device.start();
    assert.ok(await clock.until(() => device.state.error !== undefined, 60_000));
    device.usePort({ address: 'other', open: (handlers) => port.open(handlers) });
    assert.ok(await clock.until(() => port.opened === 2, 120_000));
    await clock.advance(1);
    assert.deepEqual([device.state.name, device.state.error], ['initializing', undefined]);
  });

  it('is negotiated with, though the rate failed on the port that is in use at the call', async () => {
    const ports = [460_800, 921_600].map((maxRate) => {
      const setRate = (rate: number) => {
        if (rate > maxRate) throw new EspAtError('PORT_FAILED');
      };
      const farEnd = () => ({ write: (bytes: Uint8Array) => harness.simulator.write(bytes) });
      return new MemoryPort(farEnd, { rate: 115_200, setRate });
    });
    const [one, other] = ports;
    assert.ok(one && other);
    const output = (bytes: Buffer) => ports.forEach((port) => port.deliver(bytes));
    const device = { port: one, negotiatedRate: 921_600 };
    await using harness: Harness = new Harness({ device, simulator: { output } });
    await harness.ready();
    harness.device.usePort(other);
    one.unplug();
    await harness.clock.advance(1000);
    await harness.clock.wait(harness.device.ready());
    assert.ok(!one.text.includes('AT+UART_CUR='));
    assert.match(other.text, /AT\+UART_CUR=921600,/);
  });
});
