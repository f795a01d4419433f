import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import type { SendOptions } from '../../../../driver/link/options';
import { Requests } from '../../../../driver/link/request/requests';
import { QueueLimit } from '../../../../driver/link/send/queue-limit';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { endingOf } from '../../../harness/ready-harness';

const message = { link: 0, uri: '', owner: undefined, opcode: 1, bytes: Buffer.from('x') } as const;
const unknown = new EspAtError('SEND_UNKNOWN', { link: 0 }, { outcome: 'unknown' });

for (const { title, matches } of [
  {
    title: 'throws',
    matches: () => {
      throw new Error('no such field');
    },
  },
  { title: 'rejects', matches: () => Promise.reject(new Error('no such field')) },
])
  for (const { error, ending } of [
    { error: undefined, ending: 'MATCH_FAILED' },
    { error: unknown, ending: 'SEND_UNKNOWN' },
  ])
    it(`a condition ${title} before the device has confirmed the request, ends with ${ending}`, async () => {
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
      const request = requests.request('x', { match: { by: 'function', matches } });
      void endingOf(request).then((each) => ended.push(each));
      requests.take(message);
      await clock.advance(1);
      assert.deepEqual([ended, emitted.length], [[], 1]);
      settle(error);
      await clock.advance(1);
      assert.deepEqual(ended, [ending]);
    });
