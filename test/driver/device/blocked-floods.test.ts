import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ExhaustiveHarness } from '../../verification/exhaustive/exhaustive-harness';

/** Floods the port for 6 s; the host is blocked for all of it but 50 ms every 2 s. */
async function flooded(text: string): Promise<ExhaustiveHarness> {
  const harness = new ExhaustiveHarness({ firmware: 'C' });
  await harness.ready();
  await harness.open(0);
  await harness.advance(1000);
  harness.events.length = harness.linkEvents.length = 0;
  const chunk = Buffer.from(text.repeat(Math.ceil(900 / text.length)));
  for (let ms = 0; ms < 6000; ms += 10) {
    if (ms % 2000 === 0) harness.host.block(1950);
    harness.port.deliver(chunk);
    await harness.advance(10);
  }
  return harness;
}

describe('a device that floods the port of a host blocked for seconds', () => {
  for (const [name, text] of [
    ['connections of an open link', '+WS_CONNECTED:0\r\n'],
    ['losses and connections', '+WS_DISCONNECTED:0\r\n+WS_CONNECTED:0\r\n'],
    ['ends of connections', '+WS_CLOSED:0\r\n+WS_CONNECTED:0\r\n'],
    ['restarts', '\r\nready\r\n'],
    ['results of no command', '\r\nOK\r\n'],
    ['unknown lines', '+SOMETHING:1\r\n'],
    ['Wi-Fi changes', 'WIFI DISCONNECT\r\nWIFI CONNECTED\r\nWIFI GOT IP\r\n'],
  ] as const) {
    it(`with ${name}: few events, and messages pass within 15 s`, async () => {
      const harness = await flooded(text);
      const told = harness.events.length + harness.linkEvents.length;
      assert.ok(told < 150, `${told} events`);
      const begun = harness.clock.now();
      assert.ok((await harness.recover()) - begun <= 15_000);
      assert.deepEqual(await harness.end(), []);
    });

    it(`with ${name}: close() and stop() settle during the flood, and leave no timer`, async () => {
      const harness = await flooded(text);
      const { clock, device, host, port } = harness;
      host.block(3000);
      port.deliver(Buffer.from(text.repeat(1000)));
      let settled = 0;
      const count = (): number => settled++;
      device.links[0].close().then(count, count);
      device.stop().then(count, count);
      assert.ok(await clock.until(() => settled === 2, 10_000));
      assert.equal(port.isOpen, false);
      harness.simulator.destroy();
      await harness.advance(200_000);
      assert.deepEqual([host.pending, clock.pending], [0, 0]);
    });
  }
});
