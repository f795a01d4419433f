import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacedLine } from '../../../simulator/serial/paced-line';
import { Harness } from '../../harness/harness';
import { failure, readyHarness, test } from '../../harness/ready-harness';

const sum = (parts: Readonly<Record<string, number>>): number =>
  Object.values(parts).reduce((total, part) => total + part, 0);

describe('the statistics of a link', () => {
  test('count messages and the bytes of their payloads, on that link only', async (harness) => {
    const [link, other] = harness.device.links;
    await harness.clock.wait(link.open({ uri: 'ws://host/echo' }));
    await harness.clock.wait(Promise.all([link.send('héllo'), link.send(Buffer.alloc(7))]));
    await harness.clock.advance(1000);
    const { connections, reconnects, received, sent, outcomes } = link.statistics();
    assert.deepEqual(sent, { messages: 2, bytes: 13 });
    assert.deepEqual(received, { messages: 2, bytes: 13 });
    assert.deepEqual([connections, reconnects], [1, 0]);
    assert.deepEqual(outcomes, { sent: 2, 'not-sent': 0, unknown: 0 });
    assert.deepEqual(other.statistics().sent, { messages: 0, bytes: 0 });
  });

  it('count a message by its outcome: refused before it was queued, and cut off between two fragments', async () => {
    await using harness = await readyHarness({ simulator: { uart: new PacedLine().factory } });
    const { link } = harness;
    await failure(harness, link.send('early'));
    await harness.clock.wait(link.open({ uri: 'ws://host/plain' }));
    const cut = failure(harness, link.send(Buffer.alloc(60_000)));
    await harness.clock.until(() => (harness.server.connections[0]?.frames.length ?? 0) > 3, 9000);
    harness.port.unplug();
    await cut;
    assert.deepEqual(link.statistics().outcomes, { sent: 0, 'not-sent': 1, unknown: 1 });
    assert.deepEqual(link.statistics().sent, { messages: 0, bytes: 0 });
  });

  test('count a reconnect, and the time in each state adds up', async (harness) => {
    const { link } = await harness.open({ keepOpen: true });
    await harness.clock.advance(5000);
    harness.server.connections[0]?.reset();
    await harness.clock.advance(60_000);
    const { connections, reconnects, stateMs } = link.statistics();
    assert.deepEqual([connections, reconnects], [2, 1]);
    assert.ok(stateMs.open >= 5000 && stateMs.closed + stateMs.reconnecting > 0);
    assert.equal(sum(stateMs), harness.device.statistics().forMs);
  });
});

it('the statistics of a link count a data loss for which the driver reconnects, once', async () => {
  for (const [firmware, code, output] of [
    ['D', 'FRAME_STALLED', '+WS_DATA:0,1,1,9,3,abc\r\n+WS_DATA:0,1,1,9,0,\r\n'],
    ['A', 'FRAMING_LOST', '+WS_DATA:0,0,\r\n+WS_DATA:0,5,\x81\x03abc\r\n'],
  ] as const) {
    await using harness = await readyHarness({ firmware });
    const { link } = await harness.open();
    harness.say(output);
    await harness.clock.advance(10_000);
    const errors = harness.linkEvents.flatMap(({ error }) => error?.code ?? []);
    assert.deepEqual([errors, link.statistics().dataLosses], [[code], 1]);
  }
});

describe('the statistics of a device', () => {
  it('count the bytes of the port each way, and the times it was opened', async () => {
    await using harness = new Harness({ serial: { baudRate: 115_200 } });
    assert.equal(harness.device.statistics().port.baudRate, undefined);
    await harness.ready();
    const { sent, opens, baudRate, flowControl } = harness.device.statistics().port;
    assert.equal(sent, Buffer.concat(harness.port.written).length);
    assert.deepEqual([opens, baudRate, flowControl], [1, 115_200, false]);
    const before = harness.device.statistics().port.received;
    harness.say('+CWJAP:9\r\n');
    assert.equal(harness.device.statistics().port.received, before + 10);
    harness.port.unplug();
    harness.port.plugIn();
    await harness.clock.advance(10_000);
    assert.equal(harness.device.statistics().port.opens, 2);
  });

  test('count resyncs by their reason, unknown lines and restarts', async (harness) => {
    harness.say('rubbish\r\nOK\r\n');
    await harness.clock.until(() => harness.device.state.name === 'ready', 60_000);
    harness.simulator.restart();
    await harness.clock.advance(5000);
    const { resyncs, restarts, portErrors } = harness.device.statistics();
    assert.deepEqual([resyncs, restarts], [1, 1]);
    assert.deepEqual([portErrors.UNEXPECTED_RESPONSE, portErrors.UNKNOWN_LINE], [1, 1]);
  });

  it('time in each state adds up to the age of the device, the state now included', async () => {
    await using harness = new Harness();
    await harness.clock.advance(2000);
    await harness.ready();
    await harness.clock.advance(10_000);
    const { forMs, stateMs } = harness.device.statistics();
    assert.equal(stateMs.stopped, 2000);
    assert.ok(stateMs.ready >= 10_000);
    assert.equal(sum(stateMs), forMs);
  });
});
