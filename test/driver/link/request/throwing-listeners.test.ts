import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { uncaught } from '../../../harness/uncaught';
import { test } from './request-harness';

describe('a listener that throws', () => {
  test('skips no message behind it that waits for a slow condition', async (harness) => {
    const heard: string[] = [];
    harness.link.on('message', ({ bytes }) => {
      heard.push(bytes.toString());
      if (heard.length === 1) throw new Error('of the listener');
    });
    const match: ReplyMatch = {
      by: 'function',
      matches: ({ bytes }) => Promise.resolve(bytes.toString() === 'd'),
    };
    const asked = await harness.ask('question', { match });
    const errors = await uncaught(async () => {
      for (const text of ['a', 'b', 'c', 'd']) harness.serve(text);
      await harness.clock.advance(100);
    });
    assert.deepEqual(errors, ['of the listener']);
    assert.deepEqual([heard, asked.ending], [['a', 'b', 'c', 'd'], 'd']);
  });

  test('of messages or of late replies: the requests are still sent', async (harness) => {
    const throws = () => {
      throw new Error('of the listener');
    };
    harness.link.on('message', throws);
    const match: ReplyMatch = { by: 'next' };
    const late = await harness.ask('one', { match, replyTimeoutMs: 100, onLate: throws });
    await harness.ask('two', { match });
    await harness.ask('three', { match });
    await harness.clock.advance(200);
    assert.equal(late.ending, 'REPLY_TIMEOUT sent');
    const errors = await uncaught(async () => {
      await harness.answer('late');
      await harness.answer('two');
    });
    assert.deepEqual(errors, Array(3).fill('of the listener'));
    assert.deepEqual(harness.received(), ['one', 'two', 'three']);
  });

  test('of state changes: open() and close() still settle', async (harness) => {
    const throws = () => {
      throw new Error('of the listener');
    };
    harness.link.on('statechange', throws);
    const errors = await uncaught(async () => {
      await harness.clock.wait(harness.link.close());
      await harness.clock.wait(harness.link.open({ uri: 'ws://host/plain' }));
    });
    harness.link.off('statechange', throws);
    assert.equal(harness.link.state, 'open');
    assert.deepEqual(errors, Array(4).fill('of the listener'));
  });
});
