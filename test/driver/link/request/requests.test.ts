import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { requestHarness } from './request-harness';

const byId: ReplyMatch = { by: 'property', request: 'id' };
const next: ReplyMatch = { by: 'next' };

describe('a request that is answered by the next message', () => {
  it('waits for the reply of the one before it', async () => {
    const { harness, ask, serve, requested } = await requestHarness();
    const one = await ask('one', { match: next });
    const two = await ask('two', { match: next });
    assert.deepEqual(requested(), ['one']);
    await serve('1');
    assert.deepEqual(requested(), ['one', 'two']);
    await serve('2');
    assert.deepEqual([one.ending, two.ending], ['1', '2']);
    await harness.end();
  });

  it('has a reply without JSON, also while another request needs JSON', async () => {
    const { harness, ask, serve } = await requestHarness();
    await ask({ id: 1 }, { match: byId });
    const asked = await ask('one', { match: next });
    await serve('{"v":1}');
    assert.deepEqual([asked.ending, asked.reply?.json], ['{"v":1}', undefined]);
    await harness.end();
  });

  it('is not answered by a message from before it left', async () => {
    const { harness, ask, link, connection, emitted, serve } = await requestHarness({
      serial: { baudRate: 115_200 },
    });
    const large = link.send(Buffer.alloc(40_000), { opcode: 2 });
    connection().send({ fin: true, opcode: 1, payload: Buffer.from('before') });
    const asked = await ask('question', { match: next });
    await harness.clock.wait(large);
    assert.deepEqual([asked.ending, emitted()], [undefined, ['before']]);
    await harness.clock.advance(100);
    await serve('after');
    assert.equal(asked.ending, 'after');
    await harness.end();
  });

  it('never gets the late reply of another one, and says what it waits for', async () => {
    const { harness, ask, serve, requested } = await requestHarness();
    const late: string[] = [];
    const one = await ask('one', {
      match: next,
      replyTimeoutMs: 1000,
      emitLate: false,
      onLate: ({ message }) => late.push(message.bytes.toString()),
    });
    const two = await ask('two', { match: next, replyTimeoutMs: 5000 });
    const three = await ask('three', { match: next, replyTimeoutMs: 500 });
    await harness.clock.advance(1000);
    assert.deepEqual([one.ending, three.ending], ['REPLY_TIMEOUT sent', undefined]);
    await harness.clock.advance(500);
    assert.equal(three.ending, 'REPLY_OUTSTANDING not-sent');
    await serve('1');
    assert.deepEqual([late, requested()], [['1'], ['one', 'two']]);
    await serve('2');
    assert.equal(two.ending, '2');
    await harness.end();
  });

  it('does not wait for a late reply of an earlier connection', async () => {
    const { harness, ask, serve, link, connection } = await requestHarness();
    const one = await ask('one', { match: next, replyTimeoutMs: 100 });
    await harness.clock.advance(100);
    const two = await ask('two', { match: next, replyTimeoutMs: 60_000, holdMs: 60_000 });
    connection().reset();
    assert.ok(await harness.clock.until(() => link.stateNumber !== 2, 5000));
    assert.ok(await harness.clock.until(() => link.stateNumber === 2, 30_000));
    await harness.clock.advance(100);
    await serve('2');
    assert.deepEqual([one.ending, two.ending], ['REPLY_TIMEOUT sent', '2']);
    await harness.end();
  });
});

describe('a request', () => {
  it('whose connection ends was sent, and its reply is lost', async () => {
    const { harness, ask, connection, link } = await requestHarness();
    const asked = await ask({ id: 1 }, { match: byId });
    connection().reset();
    await harness.clock.advance(100);
    assert.equal(asked.ending, 'REPLY_LOST sent');
    // On another connection the ID is free again.
    assert.ok(await harness.clock.until(() => link.stateNumber === 2, 30_000));
    const again = await ask({ id: 1 }, { match: byId, replyTimeoutMs: 100 });
    await harness.clock.advance(200);
    assert.equal(again.ending, 'REPLY_TIMEOUT sent');
    await harness.end();
  });

  it('on the next connection keeps its reply while a condition of the connection before is pending', async () => {
    const { harness, ask, serve, connection, link } = await requestHarness();
    let judge: (matches: boolean) => void = () => undefined;
    const matches = () => new Promise<boolean>((resolve) => (judge = resolve));
    const slow = await ask('slow', {
      match: { by: 'function', matches },
      replyTimeoutMs: 60_000,
    });
    const before = await ask({ id: 1 }, { match: byId, replyTimeoutMs: 60_000 });
    await serve('judged');
    connection().reset();
    assert.ok(await harness.clock.until(() => link.stateNumber !== 2, 5000));
    assert.ok(await harness.clock.until(() => link.stateNumber === 2, 30_000));
    const after = await ask({ id: 2 }, { match: byId });
    judge(false);
    await harness.clock.advance(1);
    assert.deepEqual([slow.ending, before.ending], ['REPLY_LOST sent', 'REPLY_LOST sent']);
    assert.equal(after.ending, undefined);
    await serve('{"id":2}');
    assert.equal(after.ending, '{"id":2}');
    await harness.end();
  });

  it('on a link that is not open is not sent, or waits for the link', async () => {
    const { harness, ask, connection, link, serve } = await requestHarness();
    connection().reset();
    assert.ok(await harness.clock.until(() => link.stateNumber !== 2, 5000));
    const refused = await ask({ id: 1 }, { match: byId });
    assert.equal(refused.ending, 'LINK_NOT_OPEN not-sent');
    const held = await ask({ id: 2 }, { match: byId, holdMs: 60_000 });
    assert.ok(await harness.clock.until(() => link.stateNumber === 2, 30_000));
    await harness.clock.advance(100);
    await serve('{"id":2}');
    assert.equal(held.ending, '{"id":2}');
    await harness.end();
  });

  it('that is aborted before it is sent is not sent, and later has no reply', async () => {
    const { harness, ask, serve, requested, emitted } = await requestHarness();
    const [sent, waiting] = [new AbortController(), new AbortController()];
    const one = await ask('one', { match: next, signal: sent.signal });
    const two = await ask('two', { match: next, signal: waiting.signal });
    waiting.abort();
    sent.abort();
    await harness.clock.advance(1);
    assert.deepEqual([one.ending, two.ending], ['REPLY_LOST sent', 'ABORTED not-sent']);
    await serve('1');
    assert.deepEqual([requested(), emitted()], [['one'], ['1']]);
    const early = await ask('three', { match: next, signal: waiting.signal });
    assert.equal(early.ending, 'ABORTED not-sent');
    await harness.end();
  });

  it('keeps its reply from the messages of the link if it says so', async () => {
    const { harness, ask, serve, emitted } = await requestHarness();
    await ask({ id: 1 }, { match: byId });
    await ask({ id: 2 }, { match: byId, emitReply: false });
    await ask({ id: 3 }, { match: byId, emitLate: false, replyTimeoutMs: 10 });
    await serve('{"id":1}');
    await serve('{"id":2}');
    await serve('{"id":3}');
    await serve('{"id":4}');
    assert.deepEqual(emitted(), ['{"id":1}', '{"id":4}']);
    await harness.end();
  });

  it('with an invalid option is refused', async () => {
    const { harness, ask, requested } = await requestHarness();
    for (const replyTimeoutMs of [0, -1, 1.5, NaN, 86_400_001])
      assert.equal(
        (await ask({ id: 1 }, { match: byId, replyTimeoutMs })).ending,
        'INVALID_REQUEST not-sent',
      );
    for (const match of [
      { by: 'property', request: '' },
      { by: 'property', request: 'id', reply: 'a..b' },
      { by: 'array', id: -1 },
      { by: 'array', type: 100 },
    ] as const)
      assert.equal((await ask({ id: 1 }, { match })).ending, 'INVALID_REQUEST not-sent');
    assert.deepEqual(requested(), []);
    await harness.end();
  });

  it('is answered even before the device has confirmed it', async () => {
    const { harness, ask, connection } = await requestHarness({
      serial: { baudRate: 9600 },
    });
    harness.server.behavior.onFrame = () =>
      connection().send({ fin: true, opcode: 1, payload: Buffer.from('{"id":1}') });
    const asked = await ask({ id: 1 }, { match: byId });
    await harness.clock.advance(1000);
    assert.equal(asked.ending, '{"id":1}');
    await harness.end();
  });
});
