import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NetworkScan } from '../../../driver/doctor/networks';
import { EspAtError } from '../../../driver/errors';
import { serveNetworks } from '../../../nodes/shared/admin/networks';
import { Deferred } from '../../../driver/deferred';
import { unchecked } from '../../harness/refused';

type Handler = (request: object, response: object) => void;

/** The status and the body of the answer to a dialog, where the scan comes to this. */
async function answerTo(scan: Promise<NetworkScan>) {
  const served = new Deferred<Handler>();
  const answered = new Deferred<object>();
  const post = (_path: string, _permission: unknown, handler: Handler) => served.resolve(handler);
  const RED = { httpAdmin: { post }, auth: { needsPermission: () => undefined } };
  serveNetworks(unchecked(RED), unchecked({ networks: () => scan }));
  const answerWith = (status: number) => ({
    json: (body: object) => answered.resolve({ status, body }),
  });
  const body = { port: '/dev/ttyUSB0', rate: '' };
  (await served.promise)(
    { params: { device: 'new' }, body },
    { ...answerWith(200), status: answerWith },
  );
  return answered.promise;
}

it('a dialog whose scan for networks fails is told the error, and whether the scan has ended a data prompt', async () => {
  const error = new EspAtError('DEVICE_RESTARTED');
  const { code, details, message } = error;
  const ended = { networks: [], endedPrompt: true };
  assert.deepEqual(await answerTo(Promise.resolve(ended)), { status: 200, body: ended });
  for (const [scan, endedPrompt] of [
    [Promise.resolve({ ...ended, error }), true],
    [Promise.reject(error), false],
  ] as const)
    assert.deepEqual(await answerTo(scan), {
      status: 409,
      body: { error: { code, details, message }, endedPrompt },
    });
});
