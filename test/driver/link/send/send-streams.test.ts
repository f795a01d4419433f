import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Harness } from '../../../harness/harness';
import { openToOne, test } from '../open/open-harness';

const MEBIBYTE = 1024 * 1024;

describe('sending streams of messages', () => {
  it('sends short messages while another link sends 1 MiB', async () => {
    await using harness = await openToOne({ serial: { baudRate: 115_200 } });
    const [large, small] = harness.device.links;
    await harness.clock.wait(small.open({ uri: 'ws://host/plain?1' }));
    harness.port.written.length = 0;
    const transfer = large.send(Buffer.alloc(MEBIBYTE), { opcode: 2 });
    const texts = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    const before = harness.clock.now();
    await harness.clock.wait(Promise.all(texts.map((text) => small.send(text))));
    // The first fragment was running. The second one had its turn with the first short message.
    assert.equal(fragments(harness), 2);
    const taken = harness.clock.now() - before;
    assert.ok(taken < 2000, `${taken} ms`);
    await harness.clock.wait(transfer);
    await harness.clock.advance(10);
    assert.equal(fragments(harness), MEBIBYTE / 16_384);
    const [first, second] = harness.server.connections;
    assert.ok(first && second);
    const bytes = first.frames.reduce((sum, { payload }) => sum + payload.length, 0);
    assert.equal(bytes, MEBIBYTE);
    // The transfer takes a minute and a half, in which pings go out as well.
    const got = second.frames.filter(({ opcode }) => opcode === 1);
    assert.deepEqual(
      got.map(({ payload }) => payload.toString()),
      texts,
    );
  });

  test('shares the port equally between two large transfers', async (harness) => {
    const [one, other] = harness.device.links;
    await harness.clock.wait(other.open({ uri: 'ws://host/plain?1' }));
    harness.port.written.length = 0;
    await harness.clock.wait(
      Promise.all([one, other].map((link) => link.send(Buffer.alloc(163_840), { opcode: 2 }))),
    );
    const order = [...harness.port.text.matchAll(/AT\+WSSEND=([01]),16384/g)].map(
      ([, link]) => link,
    );
    assert.deepEqual(order.join(''), '01'.repeat(10));
  });
});

/** Count of the full fragments of link 0 whose command the driver has written. */
function fragments(harness: Harness): number {
  return harness.count('AT+WSSEND=0,16384');
}
