import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PendingRequest } from '../../../../driver/link/request/pending-request';
import { ReplyFinder } from '../../../../driver/link/request/reply-finder';
import { VirtualClock } from '../../../../simulator/replay/virtual-clock';
import { EspAtError } from '../../../../driver/errors';

const message = { link: 0, uri: '', owner: undefined, opcode: 1, bytes: Buffer.from('x') } as const;

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
