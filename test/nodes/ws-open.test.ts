import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, field, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { flowOf } from '../harness/nodes/flows';
import { turns } from '../harness/nodes/turns';

const URI = 'ws://example.org/feed';

onEachRuntime('ws-open', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-open', 2, { base: { uri: URI } });
  const { load, last } = fake;

  it('opens its link for an input, and answers with the same message', async () => {
    await load();
    nodeRed.give('node', { _msgid: 'abc', topic: 'mine', payload: 'x', error: 'old' });
    assert.deepEqual(await nodeRed.next('out1'), {
      _msgid: 'abc',
      topic: 'mine',
      payload: 2,
      state: 'established',
      event: 'opened',
      linkId: 0,
      uri: URI,
    });
    assert.equal((await nodeRed.next('completed'))._msgid, 'abc');
    assert.equal(fake.device.links[0].opened.length, 1);
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('answers once, with MESSAGE_UNUSABLE, where Node-RED cannot copy the message for a second wire', async () => {
    await load({ wires: [[], ['out1', 'completed']] });
    const unreadable = {
      get value(): never {
        throw new Error('unreadable');
      },
    };
    nodeRed.give('node', { unreadable });
    assert.equal((await nodeRed.next('out1')).event, 'opened');
    await turns(5);
    assert.deepEqual(nodeRed.waiting('out1'), []);
    assert.equal(last()?.text, 'MESSAGE_UNUSABLE');
  });

  it('shows the host of the open link, and every later state', async () => {
    await load({ uri: 'wss://user:pass@example.org:8443/feed?token=1' });
    assert.deepEqual(last(), { fill: 'grey', shape: 'ring', text: 'status.closed' });
    nodeRed.give('node');
    await nodeRed.next('out1');
    assert.deepEqual(last(), { fill: 'green', shape: 'dot', text: 'example.org:8443' });
    const [link] = fake.device.links;
    link.become(1, 'lost');
    assert.deepEqual(last(), { fill: 'yellow', shape: 'ring', text: 'status.reconnecting' });
    link.become(3, 'reconnecting');
    assert.deepEqual(last(), { fill: 'red', shape: 'ring', text: 'status.waiting' });
    link.become(4, 'closing');
    assert.deepEqual(last(), { fill: 'yellow', shape: 'dot', text: 'status.closing' });
    link.become(0, 'failed', new EspAtError('OPEN_FAILED', { link: 0 }));
    assert.deepEqual(last(), { fill: 'red', shape: 'ring', text: 'OPEN_FAILED' });
    fake.device.become({ name: 'initializing' });
    assert.deepEqual(last(), { fill: 'blue', shape: 'ring', text: 'status.device.initializing' });
    const error = new EspAtError('PORT_NOT_FOUND', { port: '/dev/ttyUSB0' });
    fake.device.become({ name: 'absent', error });
    assert.deepEqual(last(), { fill: 'red', shape: 'ring', text: 'PORT_NOT_FOUND' });
  });

  it('shows that another node opened its link, and sends events of its own connections only', async () => {
    await load({ keepOpen: true });
    const [link] = fake.device.links;
    const text = () => last()?.text;
    assert.equal((await nodeRed.next('out1')).event, 'opened');
    link.retry(60_000);
    assert.equal((await nodeRed.next('out1')).event, 'retrying');
    assert.equal(text(), 'status.retrying');
    await link.open({ uri: 'ws://other/feed', owner: 'another node' });
    assert.deepEqual(last(), { fill: 'grey', shape: 'ring', text: 'status.otherNode' });
    link.become(1, 'lost');
    assert.equal(text(), 'status.reconnecting');
    nodeRed.give('node', { uri: 'ws://other/feed' });
    await nodeRed.next('out1');
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('succeeds at once when the link is open to the same URI', async () => {
    await load();
    nodeRed.give('node', { _msgid: 'first' });
    await nodeRed.next('out1');
    nodeRed.give('node', { _msgid: 'second' });
    const msg = await nodeRed.next('out1');
    assert.equal(msg._msgid, 'second');
    assert.equal(msg.payload, 2);
    assert.equal(msg.event, 'opened');
  });

  it('two nodes that keep open one link, at start: the second has it, and it alone shows that', async () => {
    const [first = {}] = flowOf('ws-open', 2, { uri: URI, keepOpen: true }).slice(2);
    const go = fake.device.links[0].suspend();
    await nodeRed.load(
      () => fake.device,
      [
        ...flowOf('ws-open', 2, { uri: URI, keepOpen: true }),
        { ...first, id: 'second', wires: [] },
      ],
      {},
    );
    await turns(20);
    go();
    await turns(20);
    const shown = (id: string) => nodeRed.statuses(id).map(({ text }) => text);
    assert.deepEqual(shown('node').slice(1), ['status.closed', 'status.otherNode']);
    assert.equal(shown('second').at(-1), 'example.org');
  });

  it('two nodes with one link and URI: the latest gets the messages, and it alone shows them', async () => {
    const second = {
      id: 'second',
      type: 'ws-open',
      z: 'tab',
      device: 'device',
      link: '0',
      uri: URI,
    };
    await nodeRed.load(
      () => fake.device,
      [...flowOf('ws-open', 2, { uri: URI, keepOpen: true }), { ...second, wires: [['caught']] }],
      {},
    );
    const [link] = fake.device.links;
    const shown = () => ['node', 'second'].map((id) => nodeRed.statuses(id).at(-1)?.text);
    await nodeRed.next('out1');
    assert.deepEqual(shown(), ['example.org', 'status.otherNode']);
    link.receive(Buffer.from('a€').subarray(0, 2), undefined);
    nodeRed.give('second');
    await turns();
    assert.deepEqual(shown(), ['status.otherNode', 'example.org']);
    link.receive(Buffer.from('b'), undefined);
    assert.equal((await nodeRed.next('caught')).payload, 'b');
    nodeRed.give('node');
    await nodeRed.next('out1');
    assert.deepEqual(shown(), ['example.org', 'status.otherNode']);
    link.receive(Buffer.from('c'), undefined);
    const payloads = ['a', Buffer.of(0xe2), 'c'];
    for (const payload of payloads) assert.deepEqual((await nodeRed.next('out0')).payload, payload);
    assert.deepEqual([nodeRed.waiting('out0'), nodeRed.waiting('caught')], [[], []]);
    assert.equal(link.opened.length, 3);
  });

  it('opened while an input reads its URI: does not answer that input', async () => {
    await load({ uri: 'topic', uriType: 'jsonata' });
    const [link] = fake.device.links;
    link.suspend();
    nodeRed.give('node', { _msgid: 'one', topic: 'ws://one/' });
    await turns(20);
    nodeRed.give('node', { _msgid: 'two', topic: 'ws://two/' });
    assert.equal(link.opened.length, 1);
    link.become(2, 'opened');
    await turns(20);
    const answered = nodeRed.waiting('out1').map(({ _msgid }) => _msgid);
    assert.deepEqual([answered, link.opened.length], [['one'], 2]);
  });

  it('answers every input that waits for the same open, each with its own message', async () => {
    await load();
    const go = fake.device.links[0].suspend();
    nodeRed.give('node', { _msgid: 'one' });
    nodeRed.give('node', { _msgid: 'two' });
    await turns();
    go();
    const ids = [(await nodeRed.next('out1'))._msgid, (await nodeRed.next('out1'))._msgid];
    assert.deepEqual(ids, ['one', 'two']);
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('stopped while it renders templates: opens nothing', async () => {
    await load({ uri: 'ws://{{payload}}/' });
    nodeRed.give('node', { payload: 'host' });
    await nodeRed.node('node').close(false);
    await turns();
    assert.equal(fake.device.links[0].opened.length, 0);
  });

  it('stopped during an open: aborts it, and closes the link', async () => {
    await load({ keepOpen: false });
    const [link] = fake.device.links;
    const go = link.suspend();
    nodeRed.give('node');
    await turns();
    const stopped = nodeRed.node('node').close(false);
    go();
    await stopped;
    assert.deepEqual(link.closed, [{ owner: link.owner }]);
    assert.deepEqual([link.opened.length, link.stateNumber], [1, 0]);
  });

  it('sends a failure to Catch, with code, sentence and message', async () => {
    await load();
    fake.device.links[0].failure = new EspAtError(
      'OPEN_TIMEOUT',
      { link: 0, timeout: 15000 },
      { cause: new Error('not for flows') },
    );
    nodeRed.give('node', { _msgid: 'abc', payload: 'kept' });
    const { error, ...msg } = await nodeRed.next('caught');
    assert.deepEqual(msg, { _msgid: 'abc', payload: 'kept' });
    assert.equal(codeOf({ error }), 'OPEN_TIMEOUT');
    assert.equal(
      sentenceOf({ error }),
      'Link 0 did not open within 15000 ms. Check the server, or set a longer timeout.',
    );
    assert.equal(field(error, 'cause'), undefined);
    assert.deepEqual(nodeRed.waiting('completed'), []);
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('without a device: NO_DEVICE, on the canvas too', async () => {
    await load({ device: 'missing' });
    assert.equal(nodeRed.statuses('node').at(-1)?.text, 'short.NO_DEVICE');
    nodeRed.give('node');
    assert.equal(codeOf(await nodeRed.next('caught')), 'NO_DEVICE');
  });

  it('with keep open: opens at start', async () => {
    await load({ keepOpen: true });
    const msg = await nodeRed.next('out1');
    assert.equal(msg.event, 'opened');
    assert.equal(fake.device.links[0].opened[0]?.keepOpen, true);
  });

  it('without a URI or a fixed link: does not open at start', async () => {
    await load({ keepOpen: true, uri: '' });
    await nodeRed.unload();
    await load({ keepOpen: true, link: 'msg' });
    assert.deepEqual(
      fake.device.links.map((link) => link.opened.length),
      [0, 0, 0],
    );
  });

  it('keep open with a refused URI: logs the sentence at start', async () => {
    fake.device.links[0].failure = new EspAtError('INVALID_URI', { reason: 'EMPTY' });
    await load({ keepOpen: true });
    await turns();
    assert.deepEqual(nodeRed.logged('node', 'warn'), ['Change the URI: it is empty.']);
  });

  for (const [uri, uriType, code] of [
    ['$nothing()', 'jsonata', 'VALUE_UNREADABLE'],
    ['{{#open}}', 'str', 'TEMPLATE_FAILED'],
  ] as const) {
    it(`keep open, ${code} at start: shows it, as nothing retries, until an input opens the link`, async () => {
      await load({ keepOpen: true, uri, uriType });
      await turns(20);
      const [link] = fake.device.links;
      const failed = { fill: 'red', shape: 'ring', text: code };
      assert.deepEqual([link.opened.length, last()], [0, failed]);
      assert.equal(nodeRed.detailedStatuses('node').at(-1)?.event, 'start-failed');
      assert.equal(nodeRed.logged('node', 'warn').length, 1);
      fake.device.become({ name: 'resyncing' });
      fake.device.become({ name: 'ready' });
      assert.deepEqual(last(), failed);
      await link.open({ uri: URI, owner: 'another node' });
      assert.equal(last()?.text, 'status.otherNode');
    });
  }

  it('keep open, the first attempt fails: shows what the driver emits', async () => {
    fake.device.links[0].failure = new EspAtError('OPEN_TIMEOUT', { link: 0, timeout: 15000 });
    await load({ keepOpen: true });
    await turns();
    assert.deepEqual(last(), { fill: 'grey', shape: 'ring', text: 'status.closed' });
    fake.device.links[0].retry(60_000);
    assert.equal(last()?.text, 'status.retrying');
  });

  it('stopped: closes its own connection only', async () => {
    await load({ link: 'msg' });
    nodeRed.give('node', { linkId: 1 });
    await nodeRed.next('out1');
    await fake.device.links[2].open({ uri: URI, owner: 'another node' });
    await nodeRed.unload();
    assert.deepEqual(
      fake.device.links.map((link) => link.closed.length),
      [0, 1, 0],
    );
  });

  it('with several links: the status names the link', async () => {
    await load({ link: 'msg' });
    nodeRed.give('node', { linkId: '2' });
    await nodeRed.next('out1');
    assert.equal(nodeRed.statuses('node').at(-1)?.text, '2: example.org');
  });
});
