import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { DeviceWatch } from '../../../driver/link/device-watch';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

it('whenReady() with an aborted signal rejects at once with the reason, and leaves no timer', async () => {
  const clock = new VirtualClock();
  const watch = new DeviceWatch(clock);
  const error = new EspAtError('PORT_LOST', { port: '' });
  watch.changed({ kind: 'notReady', error, isFinal: false });
  const reason = new Error('no longer needed');
  await assert.rejects(watch.whenReady(15_000, AbortSignal.abort(reason)), reason);
  assert.equal(clock.pending, 0);
});
