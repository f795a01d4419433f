import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext, runInThisContext } from 'node:vm';
import { EspAtError } from '../../../../driver/errors';
import type { SendOptions } from '../../../../driver/link/options';
import type { Reply, ReplyMatch } from '../../../../driver/link/request/options';
import { PendingRequest } from '../../../../driver/link/request/pending-request';
import { ReplyFinder } from '../../../../driver/link/request/reply-finder';
import { Requests } from '../../../../driver/link/request/requests';
import { QueueLimit } from '../../../../driver/link/send/queue-limit';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { endingOf, readyHarness } from '../../../harness/ready-harness';
import { testWith } from '../../../harness/test-with';
import { requestHarness, test } from './request-harness';

describe('a request with a condition', () => {
  test('is answered by the first message that fulfils it', async (harness) => {
    const match: ReplyMatch = {
      by: 'function',
      matches: ({ bytes }, json) => bytes.length > 3 && json === undefined,
    };
    const asked = await harness.ask('question', { match });
    await harness.answer('no');
    await harness.answer('{"json":1}');
    await harness.answer('answer');
    assert.equal(asked.ending, 'answer');
  });

  test('that takes time keeps the order of messages, and hears a reply before the end of its connection', async (harness) => {
    const match: ReplyMatch = {
      by: 'function',
      matches: async ({ bytes }) => {
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
        return bytes.toString() === 'c';
      },
    };
    const asked = await harness.ask('question', { match, emitReply: false });
    for (const text of ['a', 'b', 'c', 'd']) harness.serve(text);
    harness.connection().reset();
    await harness.clock.advance(100);
    assert.equal(asked.ending, 'c');
    assert.deepEqual(harness.texts(), ['a', 'b', 'd']);
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
    const matches = () => new Promise<boolean>(() => undefined);
    const asked = await harness.ask('x', {
      match: { by: 'function', matches },
      replyTimeoutMs: 1000,
    });
    await harness.clock.advance(1000);
    assert.equal(asked.ending, 'REPLY_TIMEOUT sent');
    await harness.answer('a');
    await harness.answer('b');
    await harness.clock.advance(900);
    assert.deepEqual(harness.texts(), []);
    await harness.clock.advance(100);
    await harness.answer('c');
    assert.deepEqual(harness.texts(), ['a', 'b', 'c']);
  });

  test('that is pending when the request fails may still find its late reply', async (harness) => {
    const late: string[] = [];
    const asked = await harness.ask('x', {
      match: {
        by: 'function',
        matches: ({ bytes }) => bytes.toString() === 'b' || new Promise<boolean>(() => undefined),
      },
      replyTimeoutMs: 1000,
      emitLate: false,
      onLate: ({ message }) => void late.push(message.bytes.toString()),
    });
    await harness.answer('a');
    await harness.clock.advance(1000);
    assert.deepEqual([asked.ending, harness.texts()], ['REPLY_TIMEOUT sent', ['a']]);
    await harness.answer('b');
    assert.deepEqual([late, harness.texts()], [['b'], ['a']]);
  });

  test('that throws fails, and others go on', async (harness) => {
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
      all.push(await harness.ask('question', { match: { by: 'function', matches } }));
    await harness.answer('answer');
    assert.deepEqual(
      all.map(({ ending }) => ending),
      [...Array<string>(3).fill('MATCH_FAILED sent'), 'answer'],
    );
  });
});

/** A request whose condition settles when the test calls `judge`. */
async function undecidedHarness() {
  const harness = await requestHarness();
  let decide: (matches: boolean) => void = () => undefined;
  const matches = () => new Promise<boolean>((resolve) => (decide = resolve));
  await harness.ask('undecided', { match: { by: 'function', matches } });
  const judge = async (isReply: boolean) => {
    decide(isReply);
    await harness.clock.advance(20);
  };
  return Object.assign(harness, { judge });
}

const testUndecided = testWith(undecidedHarness);

const kinds: readonly ReplyMatch[] = [
  { by: 'next' },
  { by: 'function', matches: () => true },
  { by: 'property', request: 'id' },
];
for (const match of kinds) {
  const news = '{"id":7,"news":true}';

  testUndecided(
    `a message behind a pending condition answers no request by ${match.by} that leaves after it`,
    async (harness) => {
      await harness.answer('undecided');
      await harness.answer(news);
      const asked = await harness.ask({ id: 7 }, { match });
      await harness.judge(true);
      assert.deepEqual([asked.ending, harness.texts()], [undefined, ['undecided', news]]);
      await harness.answer('{"id":7}');
      assert.equal(asked.ending, '{"id":7}');
    },
  );

  testUndecided(
    `a message answers no request by ${match.by} that leaves while another condition is pending for it`,
    async (harness) => {
      await harness.answer(news);
      const asked = await harness.ask({ id: 7 }, { match });
      await harness.judge(false);
      assert.deepEqual([asked.ending, harness.texts()], [undefined, [news]]);
    },
  );
}

const message = { link: 0, uri: '', owner: undefined, opcode: 1, bytes: Buffer.from('x') } as const;

it('a condition that has answered with a promise counts, although a thousand messages come in the same turn', async () => {
  const queueLimit = new QueueLimit({ messages: 10, bytes: 1000 });
  const host = { clock: new VirtualClock(), random: () => 0, queueLimit };
  const send = (_: unknown, { onLeaving }: SendOptions) => Promise.resolve(onLeaving?.());
  const requests = new Requests(0, host, send, () => undefined);
  const match = { by: 'function', matches: () => Promise.resolve(true) } as const;
  const ending = endingOf(requests.request('x', { match }));
  await Promise.resolve();
  for (let count = 0; count < 1100; count++) requests.take(message);
  assert.equal(await ending, 'done');
});

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

it('a message is compared with 20,000 conditions, without a stack overflow', async () => {
  const requests = new Set<PendingRequest>();
  const failures: string[] = [];
  const finder = new ReplyFinder(requests, new VirtualClock(), (_, reason) =>
    failures.push(reason),
  );
  const add = (matches: () => boolean | Promise<boolean>) => {
    const match = { by: 'function', matches } as const;
    const request = new PendingRequest(new Uint8Array(), match, { match });
    request.become({ kind: 'sent', sentAfter: 0 });
    requests.add(request);
    return request;
  };
  const count = 10_000;
  for (let index = 0; index < count; index++) add(() => false);
  add(() => Promise.resolve(false));
  for (let index = 0; index < count; index++) add(() => false);
  const last = add(() => true);
  const found = await finder.find(message, 1);
  assert.deepEqual(failures, []);
  assert.equal(found?.request, last);
});

it('a request whose reply may come late keeps no payload', async () => {
  const payload = Buffer.from('question');
  const request = new PendingRequest(payload, { by: 'next' }, { match: { by: 'next' } });
  request.become({ kind: 'sent', sentAfter: 0 });
  assert.equal(request.payload, payload);
  request.reject(new EspAtError('REPLY_TIMEOUT', { link: 0, timeout: 1 }), true);
  await assert.rejects(request.settled);
  assert.deepEqual([request.state.kind, request.payload.length], ['overdue', 0]);
});
