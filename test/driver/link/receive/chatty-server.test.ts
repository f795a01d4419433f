import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { Harness } from '../../../harness/harness';

/** Milliseconds from a lost byte until the link works again, at most. */
const RECOVERY_LIMIT_MS = 15_000;

/** A harness whose server sends a short message at an interval, on a port at 115200. */
async function chattyHarness(intervalMs: number): Promise<Harness> {
  const harness = new Harness({ firmware: 'C', serial: { baudRate: 115_200 } });
  const { link } = harness;
  harness.server.behavior.onAccept = (connection) => {
    const say = (): void => {
      if (!connection.open) return;
      connection.send({ fin: true, opcode: 1, payload: Buffer.from('{"t":21.5}') });
      harness.clock.after(intervalMs, say);
    };
    say();
  };
  await harness.ready();
  await harness.clock.wait(link.open({ uri: 'ws://host/plain', keepOpen: true }));
  await harness.clock.advance(1000);
  return harness;
}

/** Loses the first or last byte of the host's next write that starts with `text`. Returns whether that has happened. */
function loseByte(harness: Harness, which: 'first' | 'last', text: string): () => boolean {
  const write = harness.simulator.write.bind(harness.simulator);
  harness.simulator.write = (bytes) => {
    if (!Buffer.from(bytes).toString('latin1').startsWith(text)) return write(bytes);
    harness.simulator.write = write;
    write(which === 'first' ? bytes.subarray(1) : bytes.subarray(0, -1));
  };
  return () => harness.simulator.write === write;
}

describe('a server that sends without a pause', () => {
  for (const intervalMs of [10, 20, 50, 100]) {
    it(`does not hide a lost payload byte, sending every ${intervalMs} ms`, async () => {
      await using harness = await chattyHarness(intervalMs);
      const { link } = harness;
      loseByte(harness, 'first', 'hello');
      const start = harness.clock.now();
      const outcome = await harness.clock.wait(
        link.send('hello').then(
          () => 'sent',
          (error: unknown) => (error instanceof EspAtError ? error.outcome : String(error)),
        ),
      );
      assert.equal(outcome, 'unknown');
      const isBack = () => harness.device.state.name === 'ready' && link.stateNumber === 2;
      assert.ok(await harness.clock.until(isBack, RECOVERY_LIMIT_MS));
      await harness.clock.wait(link.send('again'));
      const took = harness.clock.now() - start;
      assert.ok(took < RECOVERY_LIMIT_MS, `${took} ms`);
    });

    it(`does not hide a lost line end, sending every ${intervalMs} ms`, async () => {
      await using harness = await chattyHarness(intervalMs);
      const isLost = loseByte(harness, 'last', 'AT+WSOPEN?');
      const start = harness.clock.now();
      await harness.clock.wait(harness.device.checkLinks());
      assert.ok(isLost());
      const took = harness.clock.now() - start;
      assert.ok(took < RECOVERY_LIMIT_MS, `${took} ms`);
    });
  }

  it('does not hide a corrupt length for 3 s', async () => {
    await using harness = await chattyHarness(20);
    harness.simulator.inject(Buffer.from('+WS_DATA:0,9000,x'));
    const isDetected = () => harness.linkEvents.some(({ event }) => event === 'dataloss');
    assert.ok(await harness.clock.until(isDetected, 3000));
  });
});
