import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { test } from '../../../harness/ready-harness';

describe('bytes that the caller changes after the call', () => {
  test('arrive as they were, of messages and of requests that wait', async (harness) => {
    const { clock, server, link } = harness;
    const bytes = Buffer.from('one');
    const request = Buffer.from('two');
    const later = Buffer.from('three');
    const all = [
      link.send(bytes, { holdMs: 1000 }),
      link.request(request, { match: { by: 'next' }, holdMs: 1000 }),
      link.request(later, { match: { by: 'next' }, holdMs: 1000 }),
    ];
    for (const each of [bytes, request, later]) each.fill('x');
    await clock.wait(link.open({ uri: 'ws://host/echo' }));
    await clock.wait(Promise.all(all));
    const texts = server.connections[0]?.frames.filter(({ opcode }) => opcode < 8);
    assert.deepEqual(
      texts?.map(({ payload }) => payload.toString()),
      ['one', 'two', 'three'],
    );
  });

  test('arrive, and are counted, although the caller gives its memory away', async (harness) => {
    const { clock, device, server, link } = await harness.open();
    const bytes = new Uint8Array([1, 2, 3]);
    const sent = link.send(bytes, { opcode: 2 });
    structuredClone(bytes, { transfer: [bytes.buffer] });
    assert.equal(bytes.length, 0);
    await clock.wait(sent);
    await clock.advance(5);
    assert.deepEqual([...(server.connections[0]?.frames.at(-1)?.payload ?? [])], [1, 2, 3]);
    assert.deepEqual(link.statistics().sent, { messages: 1, bytes: 3 });
    assert.deepEqual([device.sendQueue.messages, device.sendQueue.bytes], [0, 0]);
  });
});
