import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../../driver/errors';
import { PendingRequest } from '../../../../driver/link/request/pending-request';

it('a request whose reply may come late keeps no payload', async () => {
  const payload = Buffer.from('question');
  const request = new PendingRequest(payload, { by: 'next' }, { match: { by: 'next' } });
  request.become({ kind: 'sent', leftBehind: 0 });
  assert.equal(request.payload, payload);
  request.reject(new EspAtError('REPLY_TIMEOUT', { link: 0, timeout: 1 }), true);
  await assert.rejects(request.settled);
  assert.deepEqual([request.state.kind, request.payload.length], ['overdue', 0]);
});
