import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { uncaught } from '../../../harness/uncaught';
import { test } from './request-harness';

describe('a listener that throws', () => {
  test('skips no message behind it that waits for a slow condition', async (harness) => {
    const { link, ask } = harness;
    const heard: string[] = [];
    link.on('message', ({ bytes }) => {
      heard.push(bytes.toString());
      if (heard.length === 1) throw new Error('of the listener');
    });
    const match: ReplyMatch = {
      by: 'function',
      matches: ({ bytes }) => Promise.resolve(bytes.toString() === 'd'),
    };
    const asked = await ask('question', { match });
    const errors = await uncaught(async () => {
      for (const text of ['a', 'b', 'c', 'd']) harness.serve(text);
      await harness.clock.advance(100);
    });
    assert.deepEqual(errors, ['of the listener']);
    assert.deepEqual([heard, asked.ending], [['a', 'b', 'c', 'd'], 'd']);
  });

  test('of messages or of late replies: the requests are still sent', async (harness) => {
    const { link, ask, answer, received } = harness;
    const throws = () => {
      throw new Error('of the listener');
    };
    link.on('message', throws);
    const match: ReplyMatch = { by: 'next' };
    const late = await ask('one', { match, replyTimeoutMs: 100, onLate: throws });
    await ask('two', { match });
    await ask('three', { match });
    await harness.clock.advance(200);
    assert.equal(late.ending, 'REPLY_TIMEOUT sent');
    const errors = await uncaught(async () => {
      await answer('late');
      await answer('two');
    });
    assert.deepEqual(errors, Array(3).fill('of the listener'));
    assert.deepEqual(received(), ['one', 'two', 'three']);
  });

  test('of state changes: open() and close() still settle', async (harness) => {
    const { link } = harness;
    const throws = () => {
      throw new Error('of the listener');
    };
    link.on('statechange', throws);
    const errors = await uncaught(async () => {
      await harness.clock.wait(link.close());
      await harness.clock.wait(link.open({ uri: 'ws://host/plain' }));
    });
    link.off('statechange', throws);
    assert.equal(link.state, 'open');
    assert.deepEqual(errors, Array(4).fill('of the listener'));
  });
});
