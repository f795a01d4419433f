import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../../driver/errors';
import { DeviceWatch } from '../../../driver/link/device-watch';
import type { ReadyDevice } from '../../../driver/link/link-host';
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

it('throwIfLost() throws why the device was lost, although another one is ready', () => {
  const watch = new DeviceWatch(new VirtualClock());
  const [before, after] = [{}, {}] as ReadyDevice[];
  assert.ok(before && after);
  const error = new EspAtError('DEVICE_RESTARTED');
  watch.changed({ kind: 'ready', device: before });
  watch.throwIfLost(before);
  watch.changed({ kind: 'notReady', error, isFinal: false });
  const starting = new EspAtError('DEVICE_NOT_READY', { state: 'starting' });
  watch.changed({ kind: 'notReady', error: starting, isFinal: false });
  watch.changed({ kind: 'ready', device: after });
  assert.throws(() => watch.throwIfLost(before), error);
  watch.throwIfLost(after);
});
