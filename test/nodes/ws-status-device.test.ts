import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, withoutId } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';

const URI = 'ws://example.org/feed';

onEachRuntime('ws-status of the device', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-status', 1, { virtual: true });
  const { load, ask, shown } = fake;

  it('for the device: sends states, events and queue levels', async () => {
    await load({ link: 'device' });
    assert.equal(shown(), 'green dot status.device.ready');
    const error = new EspAtError('PORT_LOST', { port: 'COM3' });
    fake.device.become({ name: 'absent', error });
    assert.deepEqual(withoutId(await nodeRed.next('out0')), {
      payload: 'absent',
      state: 'absent',
      event: 'state',
      device: 'board',
      error: {
        code: 'PORT_LOST',
        message: 'The port COM3 went away. Plug it in again; the device then connects by itself.',
      },
      firmware: 'D',
    });
    assert.equal(shown(), 'red ring PORT_LOST');
    assert.equal((await nodeRed.next('out0')).event, 'lost');
    fake.device.emit('outofsync', { reason: 'NO_RESPONSE', command: 'AT+CWJAP' });
    const event = await nodeRed.next('out0');
    assert.deepEqual(
      [event.event, event.detail, event.command],
      ['out-of-sync', 'NO_RESPONSE', 'AT+CWJAP'],
    );
    fake.device.emit('sendqueue', 0.75);
    const queue = await nodeRed.next('out0');
    assert.deepEqual([queue.event, queue.level], ['queue', 0.75]);
    // Links are not its matter.
    await fake.link.open({ uri: URI });
    assert.deepEqual(nodeRed.waiting('out0'), []);
  });

  it('for the device: answers, ready or not', async () => {
    await load({ link: 'device' });
    await fake.device.links[2].open({ uri: URI });
    assert.deepEqual(await ask({ _msgid: 'abc', topic: 'mine', detail: 'old', level: 1 }), {
      _msgid: 'abc',
      topic: 'mine',
      payload: 'ready',
      state: 'ready',
      event: 'asked',
      device: 'board',
      links: [0, 0, 2],
      firmware: 'D',
    });
    const error = new EspAtError('NO_WEBSOCKET');
    fake.device.become({ name: 'unusable', error });
    await nodeRed.next('out0');
    const msg = await ask({ _msgid: 'def' });
    assert.deepEqual([msg.payload, msg.event, msg._msgid], ['unusable', 'asked', 'def']);
    assert.equal(codeOf(msg), 'NO_WEBSOCKET');
    assert.equal(fake.device.queries, 1);
  });

  it('for the device: disconnects, connects and restarts it, and answers with the same message', async () => {
    await load({ link: 'device' });
    const done = (action: string) => {
      nodeRed.give('node', { _msgid: action, topic: 'mine', action });
      return nodeRed.event('out0', action);
    };
    const { _msgid, payload, topic, ...rest } = await done('disconnect');
    assert.deepEqual([_msgid, payload, topic], ['disconnect', 'disconnected', 'mine']);
    assert.ok(!('action' in rest));
    assert.equal(shown(), 'grey ring status.device.disconnected');
    assert.equal((await done('connect')).payload, 'ready');
    assert.equal((await done('restart'))._msgid, 'restart');
    const { disconnects, starts, restarts } = fake.device;
    assert.deepEqual([disconnects, starts, restarts], [1, 2, 1]);
  });

  it('for the device: moves it to another port', async () => {
    await load({ link: 'device' });
    nodeRed.give('node', { _msgid: 'abc', action: 'port', port: ' /dev/ttyUSB7 ' });
    const { _msgid, ...rest } = await nodeRed.event('out0', 'port');
    assert.deepEqual([_msgid, 'port' in rest], ['abc', false]);
    const { ports, starts, disconnects } = fake.device;
    assert.deepEqual([ports, starts, disconnects], [['/dev/ttyUSB7'], 2, 1]);
  });

  it('for the device: gives its statistics as the payload', async () => {
    await load({ link: 'device' });
    const { event, state, payload } = await ask({ action: 'statistics' });
    assert.deepEqual([event, state], ['statistics', 'ready']);
    assert.deepEqual(payload, fake.device.statistics());
  });

  for (const [what, msg, code] of [
    ['an unknown action', { action: 'explode' }, 'INVALID_ACTION'],
    ['an action that is no text', { action: {} }, 'INVALID_ACTION'],
    ['a port that is none', { action: 'port', port: 'sim:?x=1' }, 'INVALID_SETTING'],
    ['a port that is missing', { action: 'port' }, 'INVALID_PORT'],
  ] as const) {
    it(`for the device: refuses ${what}`, async () => {
      await load({ link: 'device' });
      assert.equal(codeOf(await ask(msg, 'caught')), code);
      assert.deepEqual([fake.device.disconnects, fake.device.ports], [0, []]);
    });
  }
});
