import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { DeviceChange } from '../../driver/device/events';
import { listenerCount } from '../harness/event-log';
import { Harness } from '../harness/harness';
import { wholeFlow, without } from '../harness/nodes/flows';
import { harnessFlow } from '../harness/nodes/harness-flow';
import { codeOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';

const URI = 'ws://host/echo';
/** A stop may take this long, whatever the device does. */
const STOP_LIMIT_MS = 3000;

onEachRuntime('a flow that stops', (nodeRed) => {
  const begin = harnessFlow(nodeRed);

  /** Stops the flow; nothing may be left of it. */
  const stop = (made: Harness) => ending(made, () => nodeRed.unload());

  /** Ends a flow. Measures the time from Node-RED's event `close` until the port is free. */
  async function ending(made: Harness, end: () => Promise<void>): Promise<void> {
    const { clock, hostClock, port, device } = made;
    const times: number[] = [];
    nodeRed.node('device').on('close', () => times.push(clock.now()));
    const heard = ({ to }: DeviceChange) => to === 'stopped' && times.push(clock.now());
    device.on('statechange', heard);
    await end();
    device.off('statechange', heard);
    const [began, ended] = times;
    assert.ok(began !== undefined && ended !== undefined, 'it was not stopped');
    assert.ok(ended - began <= STOP_LIMIT_MS, `stopping took ${ended - began} ms`);
    assert.equal(port.isOpen, false, 'the port is open');
    assert.equal(listenerCount(device), listenerCount(new Harness().device), 'listeners are left');
    assert.deepEqual([hostClock.pending, nodeRed.timers], [0, 0], 'timers are left');
  }

  async function opened(link: number, path = '/echo'): Promise<void> {
    nodeRed.give('open', { linkId: link, uri: `ws://host${path}` });
    await nodeRed.event('state', 'opened');
  }

  it('sends a close frame on every open link, and frees the port', async () => {
    const made = await begin();
    for (const link of [0, 1, 2]) await opened(link);
    await stop(made);
    assert.deepEqual(
      made.server.connections.map(({ frames }) => frames[0]?.payload.toString('hex')),
      ['03e8', '03e8', '03e8'],
    );
  });

  it('before the device is ready: frees the port', async () => {
    await stop(await begin());
  });

  it('while the port cannot be opened: ends', async () => {
    const made = await begin();
    made.port.refusal = 'PORT_NOT_FOUND';
    made.port.unplug();
    await made.clock.advance(90_000);
    assert.equal(made.device.state.error?.code, 'PORT_NOT_FOUND');
    await stop(made);
  });

  const notReading = 'with a server that does not read';
  /** Inputs, and the milliseconds from them until the flow stops. */
  const moments: readonly (readonly [
    when: string,
    id: string,
    msgs: readonly object[],
    ms: number,
  ])[] = [
    ['idle', 'send', [], 0],
    ['during an open', 'open', [{ linkId: 1, uri: 'ws://host/silent' }], 1000],
    ['during a long send', 'send', [{ linkId: 0, payload: Buffer.alloc(60_000) }], 5],
    [
      'with many messages queued',
      'send',
      Array.from({ length: 200 }, (_, count) => ({ linkId: 0, payload: `${count}` })),
      5,
    ],
    ['during a close', 'close', [{ linkId: 0 }], 1],
    [notReading, 'send', [{ linkId: 0, payload: Buffer.alloc(60_000) }], 3000],
    ['with messages held for a closed link', 'send', [{ linkId: 2, payload: 'x' }], 1000],
  ];
  const settings = { send: { whenAway: 'hold' }, status: { poll: '1' } };
  for (const [when, id, msgs, ms] of moments)
    for (const isSilent of [false, true])
      it(`${when}${isSilent ? ' and the device is silent' : ''}: frees the port within 3 s`, async () => {
        const made = await begin(wholeFlow(settings));
        await opened(0);
        if (isSilent) made.port.deliver = () => undefined;
        if (when === notReading) made.server.connections[0]?.stopReading();
        for (const msg of msgs) nodeRed.give(id, { ...msg });
        await made.clock.advance(ms);
        await stop(made);
      });

  it('while the device restarts: frees the port within 3 s', async () => {
    const made = await begin();
    await opened(0);
    made.simulator.restart();
    await made.clock.advance(50);
    made.simulator.restart();
    await stop(made);
  });

  it('with poll, hold and retry pending: leaves no timer, and starts again', async () => {
    const made = await begin(
      wholeFlow({
        open: { link: '0', uri: 'ws://host/401', keepOpen: true },
        send: { whenAway: 'hold', holdSeconds: '3600' },
        status: { poll: '7' },
      }),
    );
    nodeRed.give('send', { linkId: 0, payload: 'x' });
    await made.clock.advance(60_000);
    assert.deepEqual(nodeRed.waiting('sent'), []);
    await ending(made, () => nodeRed.deploy([{ id: 'tab', type: 'tab' }], 'full'));
    await nodeRed.deploy(wholeFlow(), 'full');
    await opened(0);
    await stop(made);
  });

  it('one node is redeployed or deleted: the others go on', async () => {
    const made = await begin();
    await opened(0);
    await opened(1);
    const flow = (send: object) => wholeFlow({ send });
    await nodeRed.deploy(flow({ name: 'renamed' }), 'nodes');
    nodeRed.give('send', { linkId: 1, payload: 'still there' });
    assert.equal((await nodeRed.next('in')).payload, 'still there');
    await nodeRed.deploy(without(flow({}), 'send'), 'nodes');
    made.serve('news', made.server.connections[0]);
    assert.equal((await nodeRed.next('in')).payload, 'news');
    assert.equal(made.server.connections.length, 2);
    assert.equal(made.port.opened, 1);
    await stop(made);
  });

  it('the device is redeployed with other settings: opens the port once more', async () => {
    const made = await begin(wholeFlow({ open: { link: '0', uri: URI, keepOpen: true } }));
    await nodeRed.event('state', 'opened');
    await nodeRed.deploy(
      wholeFlow({ open: { link: '0', uri: URI, keepOpen: true }, device: { name: 'renamed' } }),
      'nodes',
    );
    await nodeRed.event('state', 'opened');
    assert.deepEqual([made.port.opened, made.server.connections.length], [2, 2]);
    await stop(made);
  });

  it('the device is deleted: each node shows NO_DEVICE', async () => {
    const made = await begin();
    await opened(0);
    await ending(made, () => nodeRed.deploy(without(wholeFlow(), 'device'), 'full'));
    for (const id of ['open', 'send', 'close', 'status']) {
      assert.equal(nodeRed.shown(id), 'red ring short.NO_DEVICE');
      nodeRed.give(id, { linkId: 0, payload: 'x', uri: URI });
      assert.equal(codeOf(await nodeRed.next('caught')), 'NO_DEVICE');
    }
  });
});
