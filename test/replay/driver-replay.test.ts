import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { Harness, type HarnessOptions } from '../harness/harness';

/** A device with a link that has sent and received messages. */
async function busyHarness(options: HarnessOptions = {}): Promise<Harness> {
  const harness = new Harness(options);
  await harness.ready();
  const [link] = harness.device.links;
  await harness.clock.wait(link.open({ uri: 'ws://user:secret-4711@h/echo', keepOpen: true }));
  for (const text of ['one', 'two', 'x'.repeat(3000)]) await harness.clock.wait(link.send(text));
  await harness.clock.advance(2000);
  return harness;
}

describe('replay of a recording of the driver', () => {
  it('decides as the driver did, from the first byte', async () => {
    const harness = await busyHarness();
    const text = harness.device.recording('test');
    await harness.end();
    assert.ok(!text.includes('secret-4711'));
    const { difference } = await replayDriver(parseDriverRecording(text));
    assert.equal(difference, undefined);
  });
});
