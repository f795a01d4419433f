import assert from 'node:assert/strict';
import { afterEach, it } from 'node:test';
import type { DeviceStatus } from '../../driver/device/options';
import { World, type WorldOptions } from '../harness/harness';
import { wholeFlow } from '../harness/nodes/flows';
import { codeOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/stage';

const URI = 'ws://host/echo';
/** Milliseconds that stopping may take, whatever the device does. */
const LIMIT = 2000;

onEachRuntime('a flow that stops', (stage) => {
  let world: World | undefined;

  async function begin(
    settings: Readonly<Record<string, object>> = {},
    options: WorldOptions = {},
  ): Promise<World> {
    const made = new World(options);
    world = made;
    await stage.load(() => made.device, wholeFlow(settings), {}, undefined, made.clock);
    return made;
  }

  /** Stops the flow; nothing may be left of it. */
  const stop = (made: World) => ending(made, () => stage.unload());

  /** Does what ends a flow. Time is taken from the runtime's word to stop, until the port is free. */
  async function ending(made: World, end: () => Promise<void>): Promise<void> {
    const { clock, hostClock, port, device } = made;
    const times: number[] = [];
    stage.node('device').on('close', () => times.push(clock.now()));
    const heard = ({ state }: DeviceStatus) => state === 'stopped' && times.push(clock.now());
    device.on('status', heard);
    await end();
    device.off('status', heard);
    const [began, ended] = times;
    assert.ok(began !== undefined && ended !== undefined, 'it was not stopped');
    assert.ok(ended - began <= LIMIT, `stopping took ${ended - began} ms`);
    assert.equal(port.isOpen, false, 'the port is open');
    // One listener each is the world's own.
    const listeners = (['status', 'event', 'link', 'message', 'queue'] as const).map((name) =>
      device.listenerCount(name),
    );
    assert.deepEqual(listeners, [1, 1, 1, 1, 0]);
    assert.deepEqual([hostClock.pending, stage.timers], [0, 0], 'timers are left');
  }

  afterEach(async () => {
    await stage.unload();
    await world?.end();
    world = undefined;
  });

  async function opened(link: number, path = '/echo'): Promise<void> {
    stage.give('open', { linkId: link, uri: `ws://host${path}` });
    while ((await stage.next('state')).event !== 'opened');
  }

  it('says goodbye on every link it opened, and frees the port', async () => {
    const made = await begin();
    for (const link of [0, 1, 2]) await opened(link);
    await stop(made);
    assert.deepEqual(
      made.server.connections.map(({ frames }) => frames[0]?.payload.toString('hex')),
      ['03e8', '03e8', '03e8'],
    );
  });

  it('does so before it has found its device', async () => {
    await stop(await begin());
  });

  it('does so while the port cannot be opened', async () => {
    const made = new World();
    world = made;
    made.port.refusal = 'PORT_NOT_FOUND';
    await stage.load(() => made.device, wholeFlow(), {}, undefined, made.clock);
    await made.clock.advance(90_000);
    assert.equal(made.device.status.error?.code, 'PORT_NOT_FOUND');
    await stop(made);
  });

  const moments: readonly (readonly [string, (made: World) => Promise<unknown> | undefined])[] = [
    ['when all is still', () => undefined],
    [
      'in the middle of an opening',
      ({ clock }) => {
        stage.give('open', { linkId: 1, uri: 'ws://host/silent' });
        return clock.advance(1000);
      },
    ],
    [
      'in the middle of a long message',
      ({ clock }) => {
        stage.give('send', { linkId: 0, payload: Buffer.alloc(60_000) });
        return clock.advance(5);
      },
    ],
    [
      'while many messages wait',
      ({ clock }) => {
        for (let count = 0; count < 200; count++) {
          stage.give('send', { linkId: 0, payload: `${count}` });
        }
        return clock.advance(5);
      },
    ],
    [
      'in the middle of a closing',
      ({ clock }) => {
        stage.give('close', { linkId: 0 });
        return clock.advance(1);
      },
    ],
    [
      'while a server takes nothing',
      ({ clock, server }) => {
        server.connections[0]?.stopReading();
        stage.give('send', { linkId: 0, payload: Buffer.alloc(60_000) });
        return clock.advance(3000);
      },
    ],
    [
      'while messages wait for a link that does not open',
      ({ clock }) => {
        stage.give('send', { linkId: 2, payload: 'x' });
        return clock.advance(1000);
      },
    ],
  ];
  const settings = { send: { whenAway: 'hold' }, status: { poll: '1' } };
  for (const [when, prepare] of moments) {
    it(`frees the port in time ${when}`, async () => {
      const made = await begin(settings);
      await opened(0);
      await prepare(made);
      await stop(made);
    });

    it(`frees the port in time ${when}, though the device has gone silent`, async () => {
      const made = await begin(settings);
      await opened(0);
      made.port.deliver = () => undefined;
      await prepare(made);
      await stop(made);
    });
  }

  it('lets go while the device restarts over and over', async () => {
    const made = await begin();
    await opened(0);
    made.simulator.restart();
    await made.clock.advance(50);
    made.simulator.restart();
    await stop(made);
  });

  it('leaves no timer of a poll, a hold or a retry, and starts afresh', async () => {
    const made = await begin({
      open: { link: '0', uri: 'ws://host/401', keepOpen: true },
      send: { whenAway: 'hold', holdSeconds: '3600' },
      status: { poll: '7' },
    });
    stage.give('send', { linkId: 0, payload: 'x' });
    await made.clock.advance(60_000);
    assert.deepEqual(stage.waiting('sent'), []);
    await ending(made, () => stage.deploy([{ id: 'tab', type: 'tab' }], 'full'));
    await stage.deploy(wholeFlow(), 'full');
    await opened(0);
    await stop(made);
  });

  it('undisturbed are the others when one node is deployed again, changed or deleted', async () => {
    const made = await begin();
    await opened(0);
    await opened(1);
    const flow = (send: object) => wholeFlow({ send });
    await stage.deploy(flow({ name: 'renamed' }), 'nodes');
    stage.give('send', { linkId: 1, payload: 'still there' });
    assert.equal((await stage.next('in')).payload, 'still there');
    const without = flow({}).filter((node) => !('id' in node && node.id === 'send'));
    await stage.deploy(without, 'nodes');
    made.server.connections[0]?.send({ fin: true, opcode: 1, payload: Buffer.from('news') });
    assert.equal((await stage.next('in')).payload, 'news');
    assert.equal(made.server.connections.length, 2);
    assert.equal(made.port.opened, 1);
    await stop(made);
  });

  it('opens its port again, once, when its device is deployed with other settings', async () => {
    const made = await begin({ open: { link: '0', uri: URI, keepOpen: true } });
    while ((await stage.next('state')).event !== 'opened');
    await stage.deploy(
      wholeFlow({ open: { link: '0', uri: URI, keepOpen: true }, device: { name: 'renamed' } }),
      'nodes',
    );
    while ((await stage.next('state')).event !== 'opened');
    assert.deepEqual([made.port.opened, made.server.connections.length], [2, 2]);
    await stop(made);
  });

  it('leaves its nodes without a device when that is deleted: each says so', async () => {
    const made = await begin();
    await opened(0);
    const without = wholeFlow().filter((node) => !('id' in node && node.id === 'device'));
    await ending(made, () => stage.deploy(without, 'full'));
    for (const id of ['open', 'send', 'close', 'status']) {
      assert.equal(stage.statuses(id).at(-1)?.text, 'short.NO_DEVICE');
      stage.give(id, { linkId: 0, payload: 'x', uri: URI });
      assert.equal(codeOf(await stage.next('caught')), 'NO_DEVICE');
    }
  });
});
