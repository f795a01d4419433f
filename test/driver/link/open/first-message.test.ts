import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EARLY_TEXT } from '../../../harness/network/ws-server-paths';
import type { Harness } from '../../../harness/harness';
import { readyHarness, test } from '../../../harness/ready-harness';

/** Milliseconds in which the first message has to come. */
const LIMIT_MS = 300;

describe('a first message that the server sends with the handshake response', () => {
  for (const firmware of ['C', 'D'] as const) {
    it(`arrives within 300 ms of the open, class ${firmware}`, async () => {
      await using harness = await readyHarness({ firmware });
      await harness.open({ uri: 'ws://host/early' });
      await harness.clock.advance(LIMIT_MS);
      assert.deepEqual(texts(harness), [EARLY_TEXT]);
      assert.deepEqual(warnings(harness), []);
    });

    it(`arrives again after the device has reconnected by itself, class ${firmware}`, async () => {
      await using harness = await readyHarness({ firmware });
      const { link } = harness;
      // The device's own ping would come too late.
      const config = { pingIntervalMs: 7_200_000 };
      await harness.clock.wait(link.open({ uri: 'ws://host/early', config }));
      await harness.clock.advance(LIMIT_MS);
      harness.server.connections[0]?.reset();
      await harness.until(() => link.stateNumber !== 2, 5000);
      await harness.until(() => link.stateNumber === 2, 60_000);
      await harness.clock.advance(LIMIT_MS);
      assert.equal(harness.server.connections.length, 2);
      assert.deepEqual(texts(harness), [EARLY_TEXT, EARLY_TEXT]);
    });
  }

  test('is freed by a ping, which the driver sends before the messages that waited for the link', async (harness) => {
    harness.server.behavior.skipsFirstPing = false;
    const [link] = harness.device.links;
    const opening = link.open({ uri: 'ws://host/plain' });
    const sends = ['one', 'two'].map((text) => link.send(text, { holdMs: 5000 }));
    await harness.clock.wait(Promise.all([opening, ...sends]));
    await harness.clock.advance(10);
    const frames = harness.server.connections[0]?.frames ?? [];
    const sent = frames.map(({ opcode, payload }) => `${opcode} ${payload.toString()}`);
    assert.deepEqual(sent, ['9 ', '1 one', '1 two']);
  });

  for (const firmware of ['A', 'B'] as const) {
    it(`is lost, and the link warns once for each server and owner, class ${firmware}`, async () => {
      await using harness = await readyHarness({ firmware });
      const { link } = await harness.open({ uri: 'ws://host/early' });
      assert.deepEqual(warnings(harness), ['FIRST_MESSAGE_AT_RISK']);
      await harness.clock.advance(LIMIT_MS);
      assert.deepEqual(texts(harness), []);
      assert.ok(!harness.port.text.includes('AT+WSSEND'), 'a ping does not help');
      await harness.clock.wait(link.close());
      await harness.clock.wait(link.open({ uri: 'ws://host/early' }));
      assert.deepEqual(warnings(harness), ['FIRST_MESSAGE_AT_RISK']);
      await harness.clock.wait(link.open({ uri: 'ws://host/plain', replace: true }));
      assert.equal(warnings(harness).length, 2, 'another server may speak first too');
      await harness.clock.wait(link.close());
      await harness.clock.wait(link.open({ uri: 'ws://host/plain', owner: 'another node' }));
      assert.equal(warnings(harness).length, 3, 'another owner does not know');
    });
  }
});

const texts = ({ messages }: Harness) => messages.map(({ bytes }) => bytes.toString());

const warnings = ({ events }: Harness) =>
  events.filter(({ event }) => event === 'warning').map(({ error }) => error?.code);
