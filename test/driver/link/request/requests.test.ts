import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { requestHarness, test } from './request-harness';

const byId: ReplyMatch = { by: 'property', request: 'id' };
const next: ReplyMatch = { by: 'next' };

describe('a request that is answered by the next message', () => {
  test('waits for the reply of the one before it', async (harness) => {
    const one = await harness.ask('one', { match: next });
    const two = await harness.ask('two', { match: next });
    assert.deepEqual(harness.received(), ['one']);
    await harness.answer('1');
    assert.deepEqual(harness.received(), ['one', 'two']);
    await harness.answer('2');
    assert.deepEqual([one.ending, two.ending], ['1', '2']);
  });

  test('has a reply without JSON, also while another request needs JSON', async (harness) => {
    await harness.ask({ id: 1 }, { match: byId });
    const asked = await harness.ask('one', { match: next });
    await harness.answer('{"v":1}');
    assert.deepEqual([asked.ending, asked.reply?.json], ['{"v":1}', undefined]);
  });

  it('is not answered by a message from before it left', async () => {
    await using harness = await requestHarness({ serial: { baudRate: 115_200 } });
    const { answer, ask, link, texts } = harness;
    const large = link.send(Buffer.alloc(40_000), { opcode: 2 });
    harness.serve('before');
    const asked = await ask('question', { match: next });
    await harness.clock.wait(large);
    assert.deepEqual([asked.ending, texts()], [undefined, ['before']]);
    await harness.clock.advance(100);
    await answer('after');
    assert.equal(asked.ending, 'after');
  });

  it('is not answered by a message that comes between its parts', async () => {
    await using harness = await requestHarness({ serial: { baudRate: 115_200 } });
    const { answer, ask, texts } = harness;
    const asked = await ask('?'.repeat(40_000), { match: next });
    await harness.until(() => harness.received().length === 1);
    await answer('between');
    assert.deepEqual([asked.ending, texts()], [undefined, ['between']]);
    await harness.until(() =>
      harness.connection().frames.some(({ fin, opcode }) => fin && opcode === 0),
    );
    await answer('after');
    assert.equal(asked.ending, 'after');
  });

  test('never gets the late reply of another one, and says what it waits for', async (harness) => {
    const late: string[] = [];
    const one = await harness.ask('one', {
      match: next,
      replyTimeoutMs: 1000,
      emitLate: false,
      onLate: ({ message }) => late.push(message.bytes.toString()),
    });
    const two = await harness.ask('two', { match: next, replyTimeoutMs: 5000 });
    const three = await harness.ask('three', { match: next, replyTimeoutMs: 500 });
    await harness.clock.advance(1000);
    assert.deepEqual([one.ending, three.ending], ['REPLY_TIMEOUT sent', undefined]);
    await harness.clock.advance(500);
    assert.equal(three.ending, 'REPLY_OUTSTANDING not-sent');
    await harness.answer('1');
    assert.deepEqual([late, harness.received()], [['1'], ['one', 'two']]);
    await harness.answer('2');
    assert.equal(two.ending, '2');
  });

  test('does not wait for a late reply of an earlier connection', async (harness) => {
    const one = await harness.ask('one', { match: next, replyTimeoutMs: 100 });
    await harness.clock.advance(100);
    const two = await harness.ask('two', { match: next, replyTimeoutMs: 60_000, holdMs: 60_000 });
    await harness.reconnect();
    await harness.clock.advance(100);
    await harness.answer('2');
    assert.deepEqual([one.ending, two.ending], ['REPLY_TIMEOUT sent', '2']);
  });
});

describe('a request', () => {
  test('whose connection ends was sent, and its reply is lost', async (harness) => {
    const asked = await harness.ask({ id: 1 }, { match: byId });
    await harness.reconnect();
    assert.equal(asked.ending, 'REPLY_LOST sent');
    // On another connection the ID is free again.
    const again = await harness.ask({ id: 1 }, { match: byId, replyTimeoutMs: 100 });
    await harness.clock.advance(200);
    assert.equal(again.ending, 'REPLY_TIMEOUT sent');
  });

  test('that leaves on a connection which the driver gives up is answered by no message of the next', async (harness) => {
    const { link, clock } = harness;
    let delayed = false;
    harness.outcome = (line) => {
      if (delayed || !line.startsWith('AT+WSSEND')) return undefined;
      delayed = true;
      return { kind: 'late', delay: 300 };
    };
    const asked = await harness.ask('question', { match: next });
    harness.say('\r\n+WS_DATA:0,1,1,9,3,abc\r\n\r\n+WS_DATA:0,1,1,9,0,\r\n');
    await harness.until(() => link.state === 'opening', 1000);
    await harness.until(() => link.state === 'open', 5000);
    await clock.advance(100);
    assert.equal(harness.server.connections.length, 2);
    assert.deepEqual(harness.received(harness.server.connections[0]), ['question']);
    await harness.answer('of the next');
    assert.deepEqual([asked.ending, harness.texts()], ['REPLY_LOST sent', ['of the next']]);
  });

  test('on the next connection keeps its reply while a condition of the connection before is pending', async (harness) => {
    let judge: (matches: boolean) => void = () => undefined;
    const matches = () => new Promise<boolean>((resolve) => (judge = resolve));
    const slow = await harness.ask('slow', {
      match: { by: 'function', matches },
      replyTimeoutMs: 60_000,
    });
    const before = await harness.ask({ id: 1 }, { match: byId, replyTimeoutMs: 60_000 });
    await harness.answer('judged');
    await harness.reconnect();
    const after = await harness.ask({ id: 2 }, { match: byId });
    judge(false);
    await harness.clock.advance(1);
    assert.deepEqual([slow.ending, before.ending], ['REPLY_LOST sent', 'REPLY_LOST sent']);
    assert.equal(after.ending, undefined);
    await harness.answer('{"id":2}');
    assert.equal(after.ending, '{"id":2}');
  });

  test('on a link that is not open is not sent, or waits for the link', async (harness) => {
    harness.connection().reset();
    await harness.until(() => harness.link.stateNumber !== 2, 5000);
    const refused = await harness.ask({ id: 1 }, { match: byId });
    assert.equal(refused.ending, 'LINK_NOT_OPEN not-sent');
    const held = await harness.ask({ id: 2 }, { match: byId, holdMs: 60_000 });
    await harness.until(() => harness.link.stateNumber === 2, 30_000);
    await harness.clock.advance(100);
    await harness.answer('{"id":2}');
    assert.equal(held.ending, '{"id":2}');
  });

  test('that is aborted before it is sent is not sent, and later has no reply', async (harness) => {
    const [sent, waiting] = [new AbortController(), new AbortController()];
    const one = await harness.ask('one', { match: next, signal: sent.signal });
    const two = await harness.ask('two', { match: next, signal: waiting.signal });
    waiting.abort();
    sent.abort();
    await harness.clock.advance(1);
    assert.deepEqual([one.ending, two.ending], ['REPLY_LOST sent', 'ABORTED not-sent']);
    await harness.answer('1');
    assert.deepEqual([harness.received(), harness.texts()], [['one'], ['1']]);
    const early = await harness.ask('three', { match: next, signal: waiting.signal });
    assert.equal(early.ending, 'ABORTED not-sent');
  });

  test('keeps its reply from the messages of the link if it says so', async (harness) => {
    await harness.ask({ id: 1 }, { match: byId });
    await harness.ask({ id: 2 }, { match: byId, emitReply: false });
    await harness.ask({ id: 3 }, { match: byId, emitLate: false, replyTimeoutMs: 10 });
    await harness.answer('{"id":1}');
    await harness.answer('{"id":2}');
    await harness.answer('{"id":3}');
    await harness.answer('{"id":4}');
    assert.deepEqual(harness.texts(), ['{"id":1}', '{"id":4}']);
  });

  test('with an invalid option is refused', async (harness) => {
    for (const replyTimeoutMs of [0, -1, 1.5, NaN, 86_400_001])
      assert.equal(
        (await harness.ask({ id: 1 }, { match: byId, replyTimeoutMs })).ending,
        'INVALID_REQUEST not-sent',
      );
    for (const match of [
      { by: 'property', request: '' },
      { by: 'property', request: 'id', reply: 'a..b' },
      { by: 'array', id: -1 },
      { by: 'array', type: 100 },
    ] as const)
      assert.equal((await harness.ask({ id: 1 }, { match })).ending, 'INVALID_REQUEST not-sent');
    assert.deepEqual(harness.received(), []);
  });

  it('is answered even before the device has confirmed it', async () => {
    await using harness = await requestHarness({ serial: { baudRate: 9600 } });
    harness.server.behavior.onFrame = () => harness.serve('{"id":1}');
    const asked = await harness.ask({ id: 1 }, { match: byId });
    await harness.clock.advance(1000);
    assert.equal(asked.ending, '{"id":1}');
  });
});
