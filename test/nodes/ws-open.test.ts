import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import { FakeDevice } from './support/fake-device';
import { onEachRuntime } from './support/stage';

const flow = (settings: object = {}) => [
  { id: 'f', type: 'tab' },
  { id: 'device', type: 'esp-at-device', z: '', name: 'board', port: 'sim:' },
  {
    id: 'open',
    type: 'ws-open',
    z: 'f',
    device: 'device',
    link: '0',
    uri: 'ws://example.org/feed',
    wires: [['data'], ['state']],
    ...settings,
  },
  { id: 'data', type: 'helper', z: 'f', wires: [] },
  { id: 'state', type: 'helper', z: 'f', wires: [] },
  { id: 'catch', type: 'catch', z: 'f', wires: [['caught']] },
  { id: 'caught', type: 'helper', z: 'f', wires: [] },
];

onEachRuntime('ws-open', (stage) => {
  let device: FakeDevice;
  const load = (settings?: object, credentials?: Record<string, object>) =>
    stage.load(() => device, flow(settings), credentials);

  beforeEach(() => {
    device = new FakeDevice();
  });

  it('opens its link for an input, and answers it with the same message', async () => {
    await load();
    stage.give('open', { _msgid: 'abc', topic: 'mine', payload: 'x' });
    const msg = await stage.next('state');
    assert.deepEqual(
      { ...msg },
      {
        _msgid: 'abc',
        topic: 'mine',
        payload: 2,
        state: 'established',
        event: 'opened',
        linkId: 0,
        uri: 'ws://example.org/feed',
      },
    );
    assert.equal(device.links[0].opened.length, 1);
    assert.equal(stage.waiting('state').length, 0);
    assert.deepEqual(stage.statuses('open').at(-1), {
      fill: 'green',
      shape: 'dot',
      text: 'example.org',
    });
  });
  it('gives a failure to Catch with its code', async () => {
    await load();
    device.links[0].failure = new EspAtError('OPEN_FAILED', { link: 0 });
    stage.give('open', { _msgid: 'abc' });
    const msg = await stage.next('caught');
    console.log(msg);
  });
});
