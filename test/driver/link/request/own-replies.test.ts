import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { runInNewContext, runInThisContext } from 'node:vm';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { test } from './request-harness';

const byId: ReplyMatch = { by: 'property', request: 'id' };

describe('a request whose reply has its ID', () => {
  test('gets its own reply, in any order', async (harness) => {
    const { ask, answer } = harness;
    const one = await ask({ id: 1 }, { match: byId });
    const two = await ask({ id: 'two' }, { match: byId });
    await answer('{"id":"two","result":2}');
    assert.deepEqual([one.ending, two.ending], [undefined, '{"id":"two","result":2}']);
    await answer('{"id":1,"result":1}');
    assert.deepEqual(one.reply?.json, { id: 1, result: 1 });
  });

  test('gets an ID if it has none, and another one than those in use', async (harness) => {
    const { ask, received } = harness;
    await ask({ id: 2 }, { match: byId });
    await ask({ method: 'a' }, { match: byId });
    await ask('{"method":"b"}', { match: byId });
    await ask({ id: null }, { match: byId });
    assert.deepEqual(received().slice(1), [
      '{"method":"a","id":1}',
      '{"method":"b","id":3}',
      '{"id":4}',
    ]);
  });

  test('leaves the bytes of a text that has an ID as they are', async (harness) => {
    const { ask, answer, received } = harness;
    const text = ' { "id" : 1.0 }\n';
    const asked = await ask(Buffer.from(text), { match: byId });
    assert.deepEqual(received(), [text]);
    await answer('{"id":1}');
    assert.equal(asked.ending, '{"id":1}');
  });

  test('tells a number from a text with its digits', async (harness) => {
    const { ask, answer } = harness;
    const asked = await ask({ id: 7 }, { match: byId });
    await answer('{"id":"7"}');
    assert.equal(asked.ending, undefined);
  });

  test('finds the ID at other places of request and reply', async (harness) => {
    const { ask, answer, received } = harness;
    const match = { by: 'property', request: 'head.tags[1]', reply: 'for' } as const;
    const asked = await ask({ head: { tags: ['x'] } }, { match });
    assert.deepEqual(received(), ['{"head":{"tags":["x",1]}}']);
    await answer('{"for":1}');
    assert.equal(asked.ending, '{"for":1}');
  });

  test('is not sent while another one with its ID is under way, or its reply may come late', async (harness) => {
    const { ask, answer, received } = harness;
    const first = await ask({ id: 1 }, { match: byId, replyTimeoutMs: 1000 });
    const second = await ask({ id: 1 }, { match: byId });
    assert.equal(second.ending, 'REQUEST_ID_IN_USE not-sent');
    await harness.clock.advance(1000);
    assert.equal(first.ending, 'REPLY_TIMEOUT sent');
    const third = await ask({ id: 1 }, { match: byId });
    assert.equal(third.ending, 'REQUEST_ID_IN_USE not-sent');
    await answer('{"id":1,"late":true}');
    const fourth = await ask({ id: 1 }, { match: byId });
    await answer('{"id":1}');
    assert.equal(fourth.ending, '{"id":1}');
    assert.equal(received().length, 2);
  });

  test('is refused unless it is a JSON object, before a byte is written', async (harness) => {
    const { ask, received } = harness;
    for (const payload of ['text', '[1]', '7', Buffer.from([1]), [1]])
      assert.equal((await ask(payload, { match: byId })).ending, 'INVALID_PAYLOAD not-sent');
    assert.equal(
      (await ask({ id: { not: 'an ID' } }, { match: byId })).ending,
      'INVALID_PAYLOAD not-sent',
    );
    assert.equal((await ask({ big: 1n }, { match: byId })).ending, 'INVALID_PAYLOAD not-sent');
    assert.deepEqual(received(), []);
  });
});

test('a message that only begins like JSON answers no request with an ID', async (harness) => {
  const { ask, answer, texts } = harness;
  const asked = await ask({ id: 1 }, { match: byId });
  await answer('{"id":1');
  assert.deepEqual([asked.ending, texts()], [undefined, ['{"id":1']]);
});

test('a request of bytes of another realm is refused, and not sent as JSON', async (harness) => {
  const { ask, received } = harness;
  const bytes = runInNewContext('new Uint8Array([1, 2])') as Uint8Array;
  for (const match of [{ by: 'next' }, byId] satisfies ReplyMatch[])
    assert.equal((await ask(bytes, { match })).ending, 'INVALID_PAYLOAD not-sent');
  assert.deepEqual(received(), []);
});

describe('a request of OCPP', () => {
  const ocpp: ReplyMatch = { by: 'array' };

  test('is answered by its result, and not by a call of the server with the same ID', async (harness) => {
    const { ask, answer } = harness;
    const asked = await ask([2, 'x1', 'Heartbeat', {}], { match: ocpp });
    await answer('[2,"x1","Reset",{}]');
    assert.equal(asked.ending, undefined);
    await answer('[3,"x1",{"currentTime":"now"}]');
    assert.equal(asked.ending, '[3,"x1",{"currentTime":"now"}]');
  });

  test('fails with what the server says in an error', async (harness) => {
    const { link, answer } = harness;
    const asked = link.request([2, 'x1', 'Unknown', {}], { match: ocpp });
    const failed = assert.rejects(asked, {
      code: 'REPLY_ERROR',
      outcome: 'sent',
      message:
        'The server answered the request on link 0 with an error: NotImplemented: no such action.',
    });
    await harness.clock.advance(20);
    await answer('[4,"x1","NotImplemented","no such action",{}]');
    await failed;
  });

  test('fails with what the server says, wherever ID and type are', async (harness) => {
    const { link, answer } = harness;
    const match: ReplyMatch = { by: 'array', id: 2, type: 1 };
    const failed = assert.rejects(link.request(['ask', 2, 'x1'], { match }), {
      code: 'REPLY_ERROR',
      details: { link: 0, reason: 'NotImplemented: no such action' },
    });
    await harness.clock.advance(20);
    await answer('["NotImplemented",4,"x1","no such action",{}]');
    await failed;
  });

  test('gets a UUID if its place is empty', async (harness) => {
    const { ask, received } = harness;
    await ask([2, '', 'Heartbeat', {}], { match: ocpp });
    await ask([2], { match: ocpp });
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}';
    const [first, second] = received();
    assert.match(first ?? '', new RegExp(`^\\[2,"${uuid}","Heartbeat",{}\\]$`));
    assert.match(second ?? '', new RegExp(`^\\[2,"${uuid}"\\]$`));
    assert.notEqual(first?.slice(3, 40), second?.slice(3, 40));
  });
});

describe('a request with a condition', () => {
  test('is answered by the first message that fulfils it', async (harness) => {
    const { ask, answer } = harness;
    const match: ReplyMatch = {
      by: 'function',
      matches: ({ bytes }, json) => bytes.length > 3 && json === undefined,
    };
    const asked = await ask('question', { match });
    await answer('no');
    await answer('{"json":1}');
    await answer('answer');
    assert.equal(asked.ending, 'answer');
  });

  test('that takes time keeps the order of messages, and hears a reply before the end of its connection', async (harness) => {
    const { ask, connection, texts } = harness;
    const match: ReplyMatch = {
      by: 'function',
      matches: async ({ bytes }) => {
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        return bytes.toString() === 'c';
      },
    };
    const asked = await ask('question', { match, emitReply: false });
    for (const text of ['a', 'b', 'c', 'd']) harness.serve(text);
    connection().reset();
    await harness.clock.advance(100);
    assert.equal(asked.ending, 'c');
    assert.deepEqual(texts(), ['a', 'b', 'd']);
  });

  const conditions: Readonly<Record<string, unknown>> = {
    // A program without types may leave out the `return false`.
    'that resolves to nothing means no': async ({ bytes }: { bytes: Buffer }) =>
      Promise.resolve(bytes.toString() === 'c' || undefined),
    'of another realm is awaited': runInNewContext(
      'async ({ bytes }) => String(bytes) === "c"',
    ) as unknown,
  };
  for (const [title, matches] of Object.entries(conditions))
    test(title, async ({ ask, answer }) => {
      const asked = await ask('question', { match: { by: 'function', matches } as ReplyMatch });
      await answer('b');
      await answer('c');
      assert.equal(asked.ending, 'c');
    });

  test('that stays pending after the request has failed holds messages no longer than its reply timeout', async (harness) => {
    const { ask, answer, texts } = harness;
    const matches = () => new Promise<boolean>(() => undefined);
    const asked = await ask('x', { match: { by: 'function', matches }, replyTimeoutMs: 1000 });
    await harness.clock.advance(1000);
    assert.equal(asked.ending, 'REPLY_TIMEOUT sent');
    await answer('a');
    await answer('b');
    await harness.clock.advance(900);
    assert.deepEqual(texts(), []);
    await harness.clock.advance(100);
    await answer('c');
    assert.deepEqual(texts(), ['a', 'b', 'c']);
  });

  test('that is pending when the request fails may still find its late reply', async (harness) => {
    const { ask, answer, texts } = harness;
    const late: string[] = [];
    const asked = await ask('x', {
      match: {
        by: 'function',
        matches: ({ bytes }) => bytes.toString() === 'b' || new Promise<boolean>(() => undefined),
      },
      replyTimeoutMs: 1000,
      emitLate: false,
      onLate: ({ message }) => void late.push(message.bytes.toString()),
    });
    await answer('a');
    await harness.clock.advance(1000);
    assert.deepEqual([asked.ending, texts()], ['REPLY_TIMEOUT sent', ['a']]);
    await answer('b');
    assert.deepEqual([late, texts()], [['b'], ['a']]);
  });

  test('that throws fails, and others go on', async (harness) => {
    const { ask, answer } = harness;
    const conditions: (() => boolean | Promise<boolean>)[] = [
      () => {
        throw new Error('no such thing');
      },
      () => Promise.reject(new Error('later')),
      // Throws a value that is no error and has no text.
      () => Boolean(runInThisContext('throw Object.create(null)')),
      () => true,
    ];
    const all = [];
    for (const matches of conditions)
      all.push(await ask('question', { match: { by: 'function', matches } }));
    await answer('answer');
    assert.deepEqual(
      all.map(({ ending }) => ending),
      [...Array<string>(3).fill('MATCH_FAILED sent'), 'answer'],
    );
  });
});
