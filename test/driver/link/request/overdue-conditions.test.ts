import assert from 'node:assert/strict';
import { it } from 'node:test';
import { endingOf, readyHarness } from '../../../harness/ready-harness';

it('conditions of failed requests do not pile up on a connection that lasts: a message passes the newest 100', async () => {
  await using harness = await readyHarness();
  const { clock, device, messages, server } = harness;
  const [link] = device.links;
  await clock.wait(link.open({ uri: 'ws://host/plain' }));
  const asked: number[] = [];
  const request = (number: number) => {
    const matches = () => {
      asked.push(number);
      return false;
    };
    return endingOf(link.request('x', { match: { by: 'function', matches }, replyTimeoutMs: 100 }));
  };
  const endings = await clock.wait(Promise.all(Array.from({ length: 150 }, (_, n) => request(n))));
  assert.deepEqual(new Set(endings), new Set(['REPLY_TIMEOUT']));
  server.connections[0]?.send({ fin: true, opcode: 1, payload: Buffer.from('news') });
  await clock.advance(10);
  assert.equal(messages.length, 1);
  assert.deepEqual([asked.length, asked[0]], [100, 50]);
});
