import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeviceRecorder } from '../../../driver/recorder/device-recorder';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';

const port = { address: 'memory', open: () => Promise.reject(new Error()) };

describe('a line that is longer than the memory of a recorder', () => {
  it('is left out of the recording, which then has no known start', async () => {
    const recorder = new DeviceRecorder({ port, clock: new VirtualClock() }, 1024);
    recorder.called('start');
    const headers = [{ name: 'X-Key', value: 'k'.repeat(1024) }];
    const linesNow = () => {
      const [heading = '', ...lines] = recorder.text('title', undefined).trim().split('\n');
      assert.match(heading, /"from":"middle"/);
      return Promise.resolve(lines);
    };
    const during = await recorder.open(0, { uri: 'ws://h/', headers }, linesNow);
    assert.deepEqual([during, await linesNow()], [[], ['{"at":0,"settled":2}']]);
  });

  it('is in the recording by its beginning where it is a message', () => {
    const recorder = new DeviceRecorder({ port, clock: new VirtualClock() }, 1024);
    recorder.send(0, {}, Buffer.alloc(2000, 'm'));
    const [, line = ''] = recorder.text('title', undefined).trim().split('\n');
    assert.match(line, /"to":"send".*"bytes":"m{1011}"/);
  });
});
