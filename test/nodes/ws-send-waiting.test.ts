import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { flowOf } from '../harness/nodes/flows';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { turns } from '../harness/nodes/turns';

onEachRuntime('ws-send: messages that wait', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-send', 1);
  const { load, last } = fake;

  it('holds messages for the time set, or 30 s', async () => {
    await load({ whenAway: 'hold', holdSeconds: '7' });
    nodeRed.give('node', { payload: 'x' });
    await nodeRed.next('out0');
    assert.equal(fake.device.links[0].sent[0]?.options.holdMs, 7000);
    await nodeRed.unload();
    await load({ whenAway: 'hold', holdSeconds: '' });
    nodeRed.give('node', { payload: 'x' });
    await nodeRed.next('out0');
    assert.equal(fake.device.links[0].sent[1]?.options.holdMs, 30_000);
  });

  it('holds as many messages per link as set; the next fails with QUEUE_FULL', async () => {
    await load({ whenAway: 'hold', holdMessages: '2', link: 'msg' });
    let open: () => void = () => undefined;
    const away = new Promise<void>((resolve) => (open = resolve));
    for (const link of fake.device.links) link.pause = away;
    for (const payload of ['aé', 'b', 'ccccc']) nodeRed.give('node', { payload, linkId: 0 });
    nodeRed.give('node', { payload: 'other', linkId: 1 });
    const caught = await nodeRed.next('caught');
    assert.deepEqual([codeOf(caught), caught.payload], ['QUEUE_FULL', 'ccccc']);
    // Of those that wait: `é` is two bytes.
    assert.match(sentenceOf(caught), /\(2 messages, 4 bytes\)/);
    assert.equal(fake.device.links[0].sent.length, 2);
    open();
    const passed = [
      await nodeRed.next('out0'),
      await nodeRed.next('out0'),
      await nodeRed.next('out0'),
    ];
    assert.deepEqual(passed.map(({ payload }) => payload).sort(), ['aé', 'b', 'other']);
    // Those have made room again.
    fake.device.links[0].pause = undefined;
    nodeRed.give('node', { payload: 'd', linkId: 0 });
    assert.equal((await nodeRed.next('out0')).payload, 'd');
  });

  it('lets at most ten waiting messages share an AbortSignal: Node.js warns of a leak from eleven listeners on', async () => {
    await load();
    fake.device.links[0].pause = new Promise(() => undefined);
    for (let each = 0; each < 25; each++) nodeRed.give('node', { payload: each });
    await turns(2);
    const signals = new Set(fake.device.links[0].sent.map(({ options }) => options.signal));
    assert.equal(signals.size, 3);
    await nodeRed.unload();
    for (const signal of signals) assert.equal(signal?.aborted, true);
  });

  it('stopped: each waiting message ends with ABORTED', async () => {
    await load({ whenAway: 'hold' });
    fake.device.links[0].pause = new Promise(() => undefined);
    const signals = () => fake.device.links[0].sent.map(({ options }) => options.signal?.aborted);
    nodeRed.give('node', { payload: 'x' });
    await turns(2);
    assert.deepEqual(signals(), [false]);
    await nodeRed.unload();
    assert.deepEqual(signals(), [true]);
  });

  it('redeployed while the link is open: shows the link', async () => {
    const flow = flowOf('ws-send', 1);
    await nodeRed.load(() => fake.device, flow);
    assert.deepEqual(last(), { fill: 'grey', shape: 'ring', text: 'status.closed' });
    await fake.device.links[0].open({ uri: 'ws://example.org/' });
    assert.deepEqual(last(), { fill: 'green', shape: 'dot', text: 'example.org' });
    const renamed = flow.map((node) =>
      'id' in node && node.id === 'node' ? { ...node, name: 'renamed' } : node,
    );
    await nodeRed.deploy(renamed, 'nodes');
    assert.deepEqual(nodeRed.statuses('node'), [
      { fill: 'green', shape: 'dot', text: 'example.org' },
    ]);
    assert.equal(fake.device.starts, 1);
  });

  it('shows the level of the queue from a quarter on', async () => {
    const texts: object[] = [];
    await nodeRed.load(
      () => fake.device,
      flowOf('ws-send', 1),
      {},
      (key, values) => {
        texts.push({ key, ...values });
        return key;
      },
    );
    await fake.device.links[0].open({ uri: 'ws://example.org/' });
    fake.device.emit('sendqueue', 0.2);
    assert.equal(last()?.text, 'example.org');
    fake.device.emit('sendqueue', 0.5);
    assert.deepEqual(last(), { fill: 'green', shape: 'dot', text: 'status.queue' });
    assert.deepEqual(texts.at(-1), { key: 'status.queue', percent: 50 });
    fake.device.emit('sendqueue', 0);
    assert.equal(last()?.text, 'example.org');
  });

  it('shows the level that the queue of a running device has when the node starts', async () => {
    const limit = { messages: 1000, bytes: 4096 };
    const shown: (string | undefined)[] = [];
    for (const [messages, bytes] of [
      [600, 0],
      [0, 1024],
      [240, 1000],
    ] as const) {
      fake.device.sendQueue = { messages, bytes, limit };
      await load();
      shown.push(last()?.text);
      await nodeRed.unload();
    }
    assert.deepEqual(shown, ['status.queue', 'status.queue', 'status.closed']);
  });
});
