import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '../../../../driver/link/events';
import type { SendOptions } from '../../../../driver/link/options';
import type { ReplyMatch } from '../../../../driver/link/request/options';
import { Requests } from '../../../../driver/link/request/requests';
import { QueueLimit } from '../../../../driver/link/send/queue-limit';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { uncaught } from '../../../harness/uncaught';
import { requestHarness } from './request-harness';

describe('an emit that throws', () => {
  it('does not skip the messages behind it', async () => {
    const clock = new VirtualClock();
    const emitted: string[] = [];
    const emit = ({ bytes }: Message) => {
      if (emitted.push(bytes.toString()) === 1) throw new Error('of the turn');
    };
    const host = {
      clock,
      random: Math.random,
      queueLimit: new QueueLimit({ messages: 9, bytes: 9 }),
    };
    const send = (_: unknown, { onLeaving }: SendOptions) => Promise.resolve(onLeaving?.());
    const requests = new Requests(0, host, send, emit);
    const match: ReplyMatch = { by: 'function', matches: () => Promise.resolve(false) };
    requests.request('x', { match }).catch(() => undefined);
    await clock.advance(1);
    const errors = await uncaught(async () => {
      for (const text of ['a', 'b', 'c'])
        requests.take({ link: 0, uri: '', owner: undefined, opcode: 1, bytes: Buffer.from(text) });
      await clock.advance(1);
    });
    assert.deepEqual([errors, emitted], [['of the turn'], ['a', 'b', 'c']]);
    requests.connectionEnded();
  });
});

describe('a listener that throws', () => {
  it('skips no message behind it that waits for a slow condition', async () => {
    const { harness, link, ask, connection } = await requestHarness();
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
      for (const text of ['a', 'b', 'c', 'd'])
        connection().send({ fin: true, opcode: 1, payload: Buffer.from(text) });
      await harness.clock.advance(100);
    });
    assert.deepEqual(errors, ['of the listener']);
    assert.deepEqual([heard, asked.ending], [['a', 'b', 'c', 'd'], 'd']);
    await harness.end();
  });

  it('of messages or of late replies: the requests are still sent', async () => {
    const { harness, link, ask, serve, requested } = await requestHarness();
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
      await serve('late');
      await serve('two');
    });
    assert.deepEqual(errors, Array(3).fill('of the listener'));
    assert.deepEqual(requested(), ['one', 'two', 'three']);
    await harness.end();
  });

  it('of state changes: open() and close() still settle', async () => {
    const { harness, link } = await requestHarness();
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
    await harness.end();
  });
});
