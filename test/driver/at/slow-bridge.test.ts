import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../harness/harness';

describe('a bridge that delays bytes', () => {
  for (const latencyMs of [900, 1800]) {
    it(`works after ${latencyMs} ms each way, and stays in sync`, async () => {
      await using harness = await new Harness({
        serial: { baudRate: 115_200, bridged: true, latencyMs },
      }).ready();
      harness.events.length = 0;
      const [link] = harness.device.links;
      await harness.clock.wait(link.open({ uri: 'ws://host/echo' }));
      for (let count = 0; count < 5; count++) await harness.clock.wait(link.send('x'.repeat(1000)));
      await harness.clock.advance(60_000);
      assert.equal(harness.messages.length, 5);
      assert.deepEqual(harness.events, []);
      await harness.clock.wait(harness.device.stop());
      await harness.clock.advance(10_000);
    });
  }

  it('waits no longer than usual for responses after the device was away', async () => {
    await using harness = new Harness({ serial: { baudRate: 115_200, bridged: true } });
    harness.simulator.powerOff();
    harness.device.start();
    await harness.clock.advance(120_000);
    harness.simulator.powerOn();
    await harness.ready();
    harness.simulator.powerOff();
    const asked = harness.device.checkLinks().catch(() => undefined);
    const isNoticed = () => harness.device.state.name === 'resyncing';
    assert.ok(await harness.clock.until(isNoticed, 5000));
    await harness.clock.wait(harness.device.stop());
    await asked;
  });
});

for (const rate of [460_800, 921_600]) {
  it(`a bridge of ${rate}, a higher rate than declared, does not hide a lost response behind 30 kB/s from a server`, async () => {
    await using harness = await new Harness({
      serial: { baudRate: 115_200, lineRate: rate, bridged: true },
      simulator: { baud: rate },
    }).ready();
    const { clock, device, port, server } = await harness.open();
    const [connection] = server.connections;
    const say = (): void => {
      if (!connection?.open) return;
      connection.send({ fin: true, opcode: 2, payload: Buffer.alloc(900) });
      clock.after(30, say);
    };
    say();
    await clock.advance(20_000);
    const deliver = port.deliver.bind(port);
    port.deliver = (bytes) => {
      const at = bytes.indexOf('+WSOPEN:');
      if (at < 0) return deliver(bytes);
      port.deliver = deliver;
      const end = bytes.indexOf('OK\r\n', at) + 4;
      deliver(Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]));
    };
    const asked = clock.wait(device.checkLinks().catch(() => undefined));
    const isNoticed = () => harness.events.some(({ event }) => event === 'outofsync');
    assert.ok(await clock.until(isNoticed, 40_000));
    await asked;
  });
}

it('a slow port behind a bridge extends the timeout by the time a payload needs', async () => {
  await using harness = await new Harness({
    serial: { baudRate: 9600, bridged: true },
    simulator: { baud: 9600 },
  }).ready();
  const { link } = await harness.open();
  harness.events.length = 0;
  const payload = 'x'.repeat(16_000);
  const start = harness.clock.now();
  await harness.clock.wait(link.send(payload));
  assert.ok(harness.clock.now() - start > 16_000);
  await harness.clock.advance(100);
  const pieces = harness.server.connections[0]?.frames.filter(({ opcode }) => opcode <= 1);
  assert.equal(pieces?.map((piece) => piece.payload.toString()).join(''), payload);
  assert.deepEqual(harness.events, []);
});
