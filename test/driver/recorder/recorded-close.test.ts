import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DeviceRecorder } from '../../../driver/recorder/device-recorder';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { port } from './kept';

it('a recording keeps all options of a close, and nothing that a user has added to them', () => {
  const recorder = new DeviceRecorder({ port, clock: new VirtualClock() }, 4096);
  const options = { graceful: true, code: 4000, reason: 'r', owner: 'o', secret: 's' };
  void recorder.close(1, options, () => Promise.resolve());
  const [, line] = recorder.text('title', undefined).trim().split('\n');
  assert.equal(
    line,
    '{"at":0,"call":1,"to":"close","link":1,"options":{"graceful":true,"code":4000,"reason":"r","owner":"o"}}',
  );
});
