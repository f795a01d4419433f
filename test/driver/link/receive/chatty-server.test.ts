import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { Harness } from '../../../harness/harness';

/** Milliseconds within which a device is of use again after bytes were lost. */
const PROMISE = 15_000;

/** A link whose server sends a short message at an interval in milliseconds, on a port at 115200. */
async function chattyHarness(every: number): Promise<Harness> {
  const harness = new Harness({ firmware: 'C', serial: { baudRate: 115_200 } });
  const [link] = harness.device.links;
  harness.server.behavior.onAccept = (connection) => {
    const say = (): void => {
      if (!connection.open) return;
      connection.send({ fin: true, opcode: 1, payload: Buffer.from('{"t":21.5}') });
      harness.clock.after(every, say);
    };
    say();
  };
  await harness.ready();
  await harness.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
  await harness.clock.advance(1000);
  return harness;
}

/** What the host writes loses a byte once, its first or its last, when it starts with `text`. */
function loseByte(harness: Harness, which: 'first' | 'last', text: string): void {
  const write = harness.simulator.write.bind(harness.simulator);
  harness.simulator.write = (bytes) => {
    if (!Buffer.from(bytes).toString('latin1').startsWith(text)) return write(bytes);
    harness.simulator.write = write;
    write(which === 'first' ? bytes.subarray(1) : bytes.subarray(0, -1));
  };
}

describe('a server that sends without a pause', () => {
  for (const every of [10, 20, 50, 100]) {
    it(`does not hide a lost payload byte, sending every ${every} ms`, async () => {
      await using harness = await chattyHarness(every);
      const [link] = harness.device.links;
      loseByte(harness, 'first', 'hello');
      const start = harness.clock.now();
      const outcome = await harness.clock.wait(
        link.send('hello').then(
          () => 'sent',
          (error: unknown) => (error instanceof EspAtError ? error.outcome : String(error)),
        ),
      );
      assert.equal(outcome, 'unknown');
      const isOfUse = () => harness.device.state.name === 'ready' && link.stateNumber === 2;
      assert.ok(await harness.clock.until(isOfUse, PROMISE));
      await harness.clock.wait(link.send('again'));
      const took = harness.clock.now() - start;
      assert.ok(took < PROMISE, `${took} ms`);
    });

    it(`does not hide a lost line end, sending every ${every} ms`, async () => {
      await using harness = await chattyHarness(every);
      loseByte(harness, 'last', 'AT+WSOPEN?');
      const start = harness.clock.now();
      await harness.clock.wait(harness.device.checkLinks());
      const took = harness.clock.now() - start;
      assert.ok(took < PROMISE, `${took} ms`);
    });
  }

  it('does not hide a corrupt length', async () => {
    await using harness = await chattyHarness(20);
    harness.simulator.inject(Buffer.from('+WS_DATA:0,9000,x'));
    const isDetected = () => harness.links.some(({ event }) => event === 'dataloss');
    const start = harness.clock.now();
    assert.ok(await harness.clock.until(isDetected, PROMISE));
    assert.ok(harness.clock.now() - start < 3000);
  });
});
