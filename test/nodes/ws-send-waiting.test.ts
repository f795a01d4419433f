import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { flowOf } from '../harness/nodes/flows';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { turns } from '../harness/nodes/turns';

onEachRuntime('ws-send: messages that wait', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-send', 1);
  const { load, ask, shown } = fake;

  it('holds messages for the time set, or 30 s', async () => {
    await load({ whenAway: 'hold', holdSeconds: '7' });
    await ask({ payload: 'x' });
    assert.equal(fake.link.sent[0]?.options.holdMs, 7000);
    await nodeRed.unload();
    await load({ whenAway: 'hold', holdSeconds: '' });
    await ask({ payload: 'x' });
    assert.equal(fake.link.sent[1]?.options.holdMs, 30_000);
  });

  it('holds as many messages per link as set; the next fails with QUEUE_FULL', async () => {
    await load({ whenAway: 'hold', holdMessages: '2', link: 'msg' });
    const resumes = fake.device.links.map((link) => link.suspend());
    for (const payload of ['aé', 'b', 'ccccc']) nodeRed.give('node', { payload, linkId: 0 });
    const caught = await ask({ payload: 'other', linkId: 1 }, 'caught');
    assert.deepEqual([codeOf(caught), caught.payload], ['QUEUE_FULL', 'ccccc']);
    // Of those that wait: `é` is two bytes.
    assert.match(sentenceOf(caught), /\(2 messages, 4 bytes\)/);
    assert.equal(fake.link.sent.length, 2);
    for (const resume of resumes) resume();
    const passed = await nodeRed.take('out0', 3);
    assert.deepEqual(passed.map(({ payload }) => payload).sort(), ['aé', 'b', 'other']);
    // Those have made room again.
    fake.link.pause = undefined;
    assert.equal((await ask({ payload: 'd', linkId: 0 })).payload, 'd');
  });

  it('lets at most ten waiting messages share an AbortSignal: Node.js warns of a leak from eleven listeners on', async () => {
    await load();
    fake.link.suspend();
    for (let each = 0; each < 25; each++) nodeRed.give('node', { payload: each });
    await turns(2);
    const signals = new Set(fake.link.sent.map(({ options }) => options.signal));
    assert.equal(signals.size, 3);
    await nodeRed.unload();
    for (const signal of signals) assert.equal(signal?.aborted, true);
  });

  it('stopped: each waiting message ends with ABORTED', async () => {
    await load({ whenAway: 'hold' });
    fake.link.suspend();
    const signals = () => fake.link.sent.map(({ options }) => options.signal?.aborted);
    nodeRed.give('node', { payload: 'x' });
    await turns(2);
    assert.deepEqual(signals(), [false]);
    await nodeRed.unload();
    assert.deepEqual(signals(), [true]);
  });

  it('redeployed while the link is open: shows the link', async () => {
    const flow = flowOf('ws-send', 1);
    await nodeRed.load(() => fake.device, flow);
    assert.equal(shown(), 'grey ring status.closed');
    await fake.link.open({ uri: 'ws://example.org/' });
    assert.equal(shown(), 'green dot example.org');
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
    await fake.link.open({ uri: 'ws://example.org/' });
    fake.device.emit('sendqueue', 0.2);
    assert.equal(shown(), 'green dot example.org');
    fake.device.emit('sendqueue', 0.5);
    assert.equal(shown(), 'green dot status.queue');
    assert.deepEqual(texts.at(-1), { key: 'status.queue', percent: 50 });
    fake.device.emit('sendqueue', 0);
    assert.equal(shown(), 'green dot example.org');
  });

  it('shows the level that the queue of a running device has when the node starts', async () => {
    const limit = { messages: 1000, bytes: 4096 };
    const levels: string[] = [];
    for (const [messages, bytes] of [
      [600, 0],
      [0, 1024],
      [240, 1000],
    ] as const) {
      fake.device.sendQueue = { messages, bytes, limit };
      await load();
      levels.push(shown());
      await nodeRed.unload();
    }
    assert.deepEqual(levels, [
      'grey ring status.queue',
      'grey ring status.queue',
      'grey ring status.closed',
    ]);
  });
});
