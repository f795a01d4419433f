import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { runInNewContext } from 'node:vm';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { test } from './request-harness';

const byId: ReplyMatch = { by: 'property', request: 'id' };

describe('a request whose reply has its ID', () => {
  test('gets its own reply, in any order', async (harness) => {
    const one = await harness.ask({ id: 1 }, { match: byId });
    const two = await harness.ask({ id: 'two' }, { match: byId });
    await harness.answer('{"id":"two","result":2}');
    assert.deepEqual([one.ending, two.ending], [undefined, '{"id":"two","result":2}']);
    await harness.answer('{"id":1,"result":1}');
    assert.deepEqual(one.reply?.json, { id: 1, result: 1 });
  });

  test('gets an ID if it has none, and another one than those in use', async (harness) => {
    await harness.ask({ id: 2 }, { match: byId });
    await harness.ask({ method: 'a' }, { match: byId });
    await harness.ask('{"method":"b"}', { match: byId });
    await harness.ask({ id: null }, { match: byId });
    assert.deepEqual(harness.received().slice(1), [
      '{"method":"a","id":1}',
      '{"method":"b","id":3}',
      '{"id":4}',
    ]);
  });

  test('leaves the bytes of a text that has an ID as they are', async (harness) => {
    const text = ' { "id" : 1.0 }\n';
    const asked = await harness.ask(Buffer.from(text), { match: byId });
    assert.deepEqual(harness.received(), [text]);
    await harness.answer('{"id":1}');
    assert.equal(asked.ending, '{"id":1}');
  });

  test('tells a number from a text with its digits', async (harness) => {
    const asked = await harness.ask({ id: 7 }, { match: byId });
    await harness.answer('{"id":"7"}');
    assert.equal(asked.ending, undefined);
  });

  test('finds the ID at other places of request and reply', async (harness) => {
    const match = { by: 'property', request: 'head.tags[1]', reply: 'for' } as const;
    const asked = await harness.ask({ head: { tags: ['x'] } }, { match });
    assert.deepEqual(harness.received(), ['{"head":{"tags":["x",1]}}']);
    await harness.answer('{"for":1}');
    assert.equal(asked.ending, '{"for":1}');
  });

  test('is not sent while another one with its ID is under way, or its reply may come late', async (harness) => {
    const first = await harness.ask({ id: 1 }, { match: byId, replyTimeoutMs: 1000 });
    const second = await harness.ask({ id: 1 }, { match: byId });
    assert.equal(second.ending, 'REQUEST_ID_IN_USE not-sent');
    await harness.clock.advance(1000);
    assert.equal(first.ending, 'REPLY_TIMEOUT sent');
    const third = await harness.ask({ id: 1 }, { match: byId });
    assert.equal(third.ending, 'REQUEST_ID_IN_USE not-sent');
    await harness.answer('{"id":1,"late":true}');
    const fourth = await harness.ask({ id: 1 }, { match: byId });
    await harness.answer('{"id":1}');
    assert.equal(fourth.ending, '{"id":1}');
    assert.equal(harness.received().length, 2);
  });

  test('is refused unless it is a JSON object, before a byte is written', async (harness) => {
    for (const payload of ['text', '[1]', '7', Buffer.from([1]), [1]])
      assert.equal(
        (await harness.ask(payload, { match: byId })).ending,
        'INVALID_PAYLOAD not-sent',
      );
    for (const id of [{ not: 'an ID' }, NaN])
      assert.equal((await harness.ask({ id }, { match: byId })).ending, 'INVALID_PAYLOAD not-sent');
    const nested: ReplyMatch = { by: 'property', request: 'params.id', reply: 'id' };
    for (const params of [[1, 2], 'text', 7])
      assert.equal(
        (await harness.ask({ params }, { match: nested })).ending,
        'INVALID_PAYLOAD not-sent',
      );
    assert.equal(
      (await harness.ask({ big: 1n }, { match: byId })).ending,
      'INVALID_PAYLOAD not-sent',
    );
    assert.deepEqual(harness.received(), []);
  });
});

test('a message that only begins like JSON answers no request with an ID', async (harness) => {
  const asked = await harness.ask({ id: 1 }, { match: byId });
  await harness.answer('{"id":1');
  assert.deepEqual([asked.ending, harness.texts()], [undefined, ['{"id":1']]);
});

for (const [title, create] of [
  ['bytes of another realm', 'Uint8Array.from(codes)'],
  ['a DataView', 'new DataView(Uint8Array.from(codes).buffer)'],
  ['16-bit numbers', 'new Uint16Array(Uint8Array.from(codes).buffer)'],
  ['an ArrayBuffer', 'Uint8Array.from(codes).buffer'],
] as const)
  for (const text of ['{"id":1}', '{"a":12}', 'no JSON.'])
    test(`a request of ${title} holding ${text} is refused as send() refuses it`, async (harness) => {
      const payload = runInNewContext(create, { codes: [...Buffer.from(text)] }) as Uint8Array;
      const details = { reason: 'NOT_BYTES' };
      await assert.rejects(harness.link.send(payload), { code: 'INVALID_PAYLOAD', details });
      for (const match of [{ by: 'next' }, byId] satisfies ReplyMatch[])
        await assert.rejects(harness.link.request(payload, { match }), {
          code: 'INVALID_PAYLOAD',
          outcome: 'not-sent',
          details,
        });
      assert.deepEqual(harness.received(), []);
    });

for (const text of ['{"id":1,"a":"\ud800"}', '{"a":"\ud800"}'])
  test(`a request of the JSON text ${JSON.stringify(text)} is refused for its half of a character`, async (harness) => {
    await assert.rejects(harness.link.request(text, { match: byId }), {
      code: 'INVALID_PAYLOAD',
      details: { reason: 'LONE_SURROGATE' },
    });
    assert.deepEqual(harness.received(), []);
  });

describe('a request of OCPP', () => {
  const ocpp: ReplyMatch = { by: 'array' };

  test('is answered by its result, and not by a call of the server with the same ID', async (harness) => {
    const asked = await harness.ask([2, 'x1', 'Heartbeat', {}], { match: ocpp });
    await harness.answer('[2,"x1","Reset",{}]');
    assert.equal(asked.ending, undefined);
    await harness.answer('[3,"x1",{"currentTime":"now"}]');
    assert.equal(asked.ending, '[3,"x1",{"currentTime":"now"}]');
  });

  test('fails with what the server says in an error', async (harness) => {
    const asked = harness.link.request([2, 'x1', 'Unknown', {}], { match: ocpp });
    const failed = assert.rejects(asked, {
      code: 'REPLY_ERROR',
      outcome: 'sent',
      message:
        'The server answered the request on link 0 with an error: NotImplemented: no such action.',
    });
    await harness.clock.advance(20);
    await harness.answer('[4,"x1","NotImplemented","no such action",{}]');
    await failed;
  });

  test('fails with what the server says, wherever ID and type are', async (harness) => {
    const match: ReplyMatch = { by: 'array', id: 2, type: 1 };
    const failed = assert.rejects(harness.link.request(['ask', 2, 'x1'], { match }), {
      code: 'REPLY_ERROR',
      details: { link: 0, reason: 'NotImplemented: no such action' },
    });
    await harness.clock.advance(20);
    await harness.answer('["NotImplemented",4,"x1","no such action",{}]');
    await failed;
  });

  test('quotes a long error of the server in part', async (harness) => {
    const failed = assert.rejects(harness.link.request([2, 'x1'], { match: ocpp }), {
      details: { link: 0, reason: `E: ${'x'.repeat(997)}` },
    });
    await harness.clock.advance(20);
    await harness.answer(`[4,"x1","E","${'x'.repeat(5000)}",{}]`);
    await failed;
  });

  test('gets a UUID if its place is empty', async (harness) => {
    await harness.ask([2, '', 'Heartbeat', {}], { match: ocpp });
    await harness.ask([2], { match: ocpp });
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
    const [first, second] = harness.received();
    assert.match(first ?? '', new RegExp(`^\\[2,"${uuid}","Heartbeat",{}\\]$`));
    assert.match(second ?? '', new RegExp(`^\\[2,"${uuid}"\\]$`));
    assert.notEqual(first?.slice(3, 40), second?.slice(3, 40));
  });
});
