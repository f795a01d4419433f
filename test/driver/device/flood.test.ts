import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PacedLine } from '../../../simulator/serial/paced-line';
import { Harness } from '../../harness/harness';

/** A device at 115200 with a link of an earlier session, whose server sends at an interval. */
async function floodedHarness(intervalMs: number): Promise<Harness> {
  const harness = new Harness({ firmware: 'C', simulator: { uart: new PacedLine().factory } });
  harness.simulator.write(Buffer.from('ATE0\r\n'));
  await harness.clock.advance(100);
  harness.simulator.write(Buffer.from('AT+WSOPEN=0,"ws://host/plain"\r\n'));
  await harness.clock.advance(1000);
  const [connection] = harness.server.connections;
  assert.ok(connection);
  const payload = Buffer.from(`\r\nOK\r\n${'flood '.repeat(40)}`);
  const say = (): void => {
    if (!connection.open) return;
    connection.send({ fin: true, opcode: 1, payload });
    harness.clock.after(intervalMs, say);
  };
  say();
  return harness;
}

describe('a link of an earlier session that receives without a pause', () => {
  it('is closed when responses still arrive', async () => {
    await using harness = await floodedHarness(30);
    await harness.ready();
    assert.equal(harness.server.connections[0]?.open, false);
    assert.ok(!harness.port.text.includes('AT+RST'));
  });

  it('is ended by a restart when its data blocks every response', async () => {
    await using harness = await floodedHarness(5);
    await harness.ready();
    assert.equal(harness.server.connections[0]?.open, false);
    assert.equal(harness.count('AT+RST\r\n'), 1);
  });
});

it('a flood from the servers of three links, longer than a message may take, does not make a link whose message the device refuses meanwhile seem stalled', async () => {
  await using harness = await new Harness({
    simulator: { uart: new PacedLine().factory },
  }).ready();
  const { clock, device, server } = harness;
  for (const link of device.links)
    await clock.wait(link.open({ uri: `ws://host/${link.id}`, keepOpen: true }));
  const payload = Buffer.alloc(100_000, 'flood ');
  for (const connection of server.connections)
    for (let count = 0; count < 2; count++) connection.send({ fin: true, opcode: 1, payload });
  await clock.advance(10);
  const sends = device.links.map((link) => link.send('meanwhile').catch(() => undefined));
  await clock.wait(Promise.all(sends));
  await clock.advance(10_000);
  const events = harness.linkEvents.map(({ event, error }) => error?.code ?? event);
  assert.deepEqual(
    events.filter((event) => event !== 'opening' && event !== 'opened'),
    [],
  );
  assert.equal(harness.messages.length, 6);
});
