import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DeviceRecorder } from '../../../driver/recorder/device-recorder';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { port } from './kept';

describe('a line that is longer than half the memory of a recorder', () => {
  it('alone is left out of the recording, which says so, and starts at a snapshot behind it', async () => {
    const recorder = new DeviceRecorder({ port, clock: new VirtualClock() }, 2048);
    const parts = () => {
      const [heading = '', ...lines] = recorder.text('title', undefined).trim().split('\n');
      const from = /"from":"(\w+)"/.exec(heading)?.[1];
      return [from, ...lines.map((line) => line.replace('{"at":0,', '{'))];
    };
    const snapshot = { checkedMs: 0, firstQuery: 0, links: [] };
    recorder.called('start');
    recorder.addSnapshot(snapshot);
    const headers = [{ name: 'X-Key', value: 'k'.repeat(1024) }];
    const opening = recorder.open(
      0,
      { uri: 'ws://h/', headers },
      () => [],
      () => Promise.resolve(parts()),
    );
    const line = '{"snapshot":"ready","checkedMs":0,"firstQuery":0,"links":[]}';
    const before = ['{"call":1,"to":"start"}', line, '{"omitted":1123}'];
    assert.deepEqual(await opening, ['middle', ...before]);
    assert.deepEqual(parts(), ['middle', ...before, '{"settled":2}']);
    recorder.addSnapshot(snapshot);
    assert.deepEqual(parts(), ['snapshot', line]);
  });

  it('is in the recording by its beginning and its length where it is a message', () => {
    const recorder = new DeviceRecorder({ port, clock: new VirtualClock() }, 2048);
    recorder.called('start');
    void recorder.send(0, {}, Buffer.alloc(2000, 'm'), () => Promise.resolve());
    const [, start = '', line = ''] = recorder.text('title', undefined).trim().split('\n');
    assert.match(start, /"to":"start"/);
    assert.match(line, /"to":"send".*"bytes":"m{1011}","cut":989}/);
  });
});
