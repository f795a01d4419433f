import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import type { SendOptions } from '../../../../driver/link/options';
import type { Reply } from '../../../../driver/link/request/options';
import { Requests } from '../../../../driver/link/request/requests';
import { QueueLimit } from '../../../../driver/link/send/queue-limit';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { endingOf } from '../../../harness/ready-harness';
import { test } from './request-harness';

test('a condition that has thrown is tried on no late reply, which is an ordinary message', async (harness) => {
  const late: unknown[] = [];
  let tries = 0;
  const matches = () => ++tries > 1 || assert.fail('no such field');
  const match = { by: 'function', matches } as const;
  const onLate = (reply: Reply) => late.push(reply);
  const asked = await harness.ask('question', { match, emitLate: false, onLate });
  for (const text of ['news', 'reply']) await harness.answer(text);
  assert.deepEqual([asked.ending, tries, late], ['MATCH_FAILED sent', 1, []]);
  assert.deepEqual(harness.texts(), ['news', 'reply']);
});

test('a condition that throws at the reply to an overdue request is not tried again', async (harness) => {
  let tries = 0;
  const matches = () => ++tries > 1 || assert.fail('no such field');
  const match = { by: 'function', matches } as const;
  const asked = await harness.ask('question', { match, replyTimeoutMs: 1000 });
  await harness.clock.advance(2000);
  for (const text of ['news', 'reply']) await harness.answer(text);
  assert.deepEqual([asked.ending, tries], ['REPLY_TIMEOUT sent', 1]);
  assert.deepEqual(harness.texts(), ['news', 'reply']);
});

const message = { link: 0, uri: '', owner: undefined, opcode: 1, bytes: Buffer.from('x') } as const;
const unknown = new EspAtError('SEND_UNKNOWN', { link: 0 }, { outcome: 'unknown' });
const noField = new Error('no such field');
for (const [title, fail] of [
  ['throws', () => assert.fail(noField)],
  ['rejects', () => Promise.reject(noField)],
] as const)
  for (const { error, ending, connection } of [
    { error: undefined, ending: 'MATCH_FAILED', connection: 'lasts' },
    { error: undefined, ending: 'MATCH_FAILED', connection: 'ends' },
    { error: unknown, ending: 'SEND_UNKNOWN', connection: 'lasts' },
    { error: unknown, ending: 'SEND_UNKNOWN', connection: 'ends' },
  ])
    it(`a condition ${title} before the device has confirmed the request, and the connection ${connection}: no later message counts, ends with ${ending}`, async () => {
      const clock = new VirtualClock();
      const queueLimit = new QueueLimit({ messages: 10, bytes: 1000 });
      let settle: (failure?: EspAtError) => void = () => undefined;
      const send = (_: unknown, { onLeaving }: SendOptions) => {
        onLeaving?.();
        return new Promise<void>((resolve, reject) => {
          settle = (failure) => (failure ? reject(failure) : resolve());
        });
      };
      const emitted: unknown[] = [];
      const host = { clock, random: () => 0, queueLimit };
      const requests = new Requests(0, host, send, (each) => emitted.push(each));
      const ended: string[] = [];
      let tries = 0;
      const matches = () => ++tries > 1 || fail();
      const request = requests.request('x', { match: { by: 'function', matches } });
      void endingOf(request).then((each) => ended.push(each));
      for (let count = 0; count < 2; count++) {
        requests.take(message);
        await clock.advance(1);
      }
      if (connection === 'ends') requests.connectionEnded();
      assert.deepEqual([ended, emitted.length, tries], [[], 2, 1]);
      settle(error);
      await clock.advance(1);
      requests.take(message);
      await clock.advance(1);
      assert.deepEqual([ended, emitted.length, tries], [[ending], 3, 1]);
    });
