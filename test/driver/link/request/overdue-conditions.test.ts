import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Reply } from '../../../../driver/link/request/options';
import { endingOf, readyHarness } from '../../../harness/ready-harness';
import { test } from './request-harness';

it('conditions of failed requests do not pile up on a connection that lasts: a message passes the newest 100', async () => {
  await using harness = await readyHarness();
  const { clock, messages, server, link } = await harness.open();
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

test('a request whose reply is the next message stays overdue, however many others fail', async (harness) => {
  const late: string[] = [];
  const onLate = ({ message }: Reply) => void late.push(message.bytes.toString());
  await harness.ask('one', { match: { by: 'next' }, replyTimeoutMs: 100, onLate });
  await harness.clock.advance(100);
  const match = { by: 'property', request: 'id' } as const;
  const failed = Array.from({ length: 1000 }, () =>
    harness.ask({}, { match, replyTimeoutMs: 100 }),
  );
  await harness.clock.advance(60_000);
  const endings = (await Promise.all(failed)).map(({ ending }) => ending);
  assert.deepEqual(new Set(endings), new Set(['REPLY_TIMEOUT sent']));
  const two = await harness.ask('two', { match: { by: 'next' } });
  assert.equal(harness.received().includes('two'), false);
  await harness.answer('reply to one');
  await harness.answer('reply to two');
  assert.deepEqual([late, two.ending], [['reply to one'], 'reply to two']);
});
