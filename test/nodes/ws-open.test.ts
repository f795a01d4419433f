import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, field, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { flowOf, userNode } from '../harness/nodes/flows';
import { turns } from '../harness/nodes/turns';

const URI = 'ws://example.org/feed';

onEachRuntime('ws-open', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-open', 2, { base: { uri: URI }, answers: 'out1' });
  const { load, ask, shown } = fake;
  /** A flow whose ws-open is kept open, and another ws-open of the same link. */
  const first = flowOf('ws-open', 2, { uri: URI, keepOpen: true });
  const second = userNode('second', 'ws-open', { uri: URI });

  it('opens its link for an input, and answers with the same message', async () => {
    await load();
    assert.deepEqual(await ask({ _msgid: 'abc', topic: 'mine', payload: 'x', error: 'old' }), {
      _msgid: 'abc',
      topic: 'mine',
      payload: 2,
      state: 'established',
      event: 'opened',
      linkId: 0,
      uri: URI,
    });
    assert.equal((await nodeRed.next('completed'))._msgid, 'abc');
    assert.equal(fake.link.opened.length, 1);
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('answers once, with MESSAGE_UNUSABLE, where Node-RED cannot copy the message for a second wire', async () => {
    await load({ wires: [[], ['out1', 'completed']] });
    const unreadable = {
      get value(): never {
        throw new Error('unreadable');
      },
    };
    assert.equal((await ask({ unreadable })).event, 'opened');
    await turns(5);
    assert.deepEqual(nodeRed.waiting('out1'), []);
    assert.equal(shown(), 'red ring MESSAGE_UNUSABLE');
  });

  it('shows the host of the open link, and every later state', async () => {
    await load({ uri: 'wss://user:pass@example.org:8443/feed?token=1' });
    assert.equal(shown(), 'grey ring status.closed');
    await ask();
    assert.equal(shown(), 'green dot example.org:8443');
    const { link } = fake;
    link.become(1, 'lost');
    assert.equal(shown(), 'yellow ring status.reconnecting');
    link.become(3, 'reconnecting');
    assert.equal(shown(), 'red ring status.waiting');
    link.become(4, 'closing');
    assert.equal(shown(), 'yellow dot status.closing');
    link.become(0, 'failed', new EspAtError('OPEN_FAILED', { link: 0 }));
    assert.equal(shown(), 'red ring OPEN_FAILED');
    fake.device.become({ name: 'initializing' });
    assert.equal(shown(), 'blue ring status.device.initializing');
    const error = new EspAtError('PORT_NOT_FOUND', { port: '/dev/ttyUSB0' });
    fake.device.become({ name: 'absent', error });
    assert.equal(shown(), 'red ring PORT_NOT_FOUND');
  });

  it('shows that another node opened its link, and sends events of its own connections only', async () => {
    await load({ keepOpen: true });
    const { link } = fake;
    assert.equal((await nodeRed.next('out1')).event, 'opened');
    link.retry(60_000);
    assert.equal((await nodeRed.next('out1')).event, 'retrying');
    assert.equal(shown(), 'red ring status.retrying');
    await link.open({ uri: 'ws://other/feed', owner: 'another node' });
    assert.equal(shown(), 'grey ring status.otherNode');
    link.become(1, 'lost');
    assert.equal(shown(), 'yellow ring status.reconnecting');
    await ask({ uri: 'ws://other/feed' });
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('succeeds at once when the link is open to the same URI', async () => {
    await load();
    await ask({ _msgid: 'first' });
    const { _msgid, payload, event } = await ask({ _msgid: 'second' });
    assert.deepEqual([_msgid, payload, event], ['second', 2, 'opened']);
  });

  it('two nodes that keep open one link, at start: the second has it, and it alone shows that', async () => {
    const go = fake.link.suspend();
    await nodeRed.load(() => fake.device, [...first, { ...second, keepOpen: true }]);
    await turns(20);
    go();
    await turns(20);
    const texts = nodeRed.statuses('node').map(({ text }) => text);
    assert.deepEqual(texts.slice(1), ['status.closed', 'status.otherNode']);
    assert.equal(nodeRed.shown('second'), 'green dot example.org');
  });

  it('two nodes with one link and URI: the latest gets the messages, and it alone shows them', async () => {
    await nodeRed.load(() => fake.device, [...first, { ...second, wires: [['caught']] }]);
    const { link } = fake;
    const texts = () => ['node', 'second'].map((id) => nodeRed.statuses(id).at(-1)?.text);
    await nodeRed.next('out1');
    assert.deepEqual(texts(), ['example.org', 'status.otherNode']);
    link.receive(Buffer.from('a€').subarray(0, 2), undefined);
    nodeRed.give('second');
    await turns();
    assert.deepEqual(texts(), ['status.otherNode', 'example.org']);
    link.receive(Buffer.from('b'), undefined);
    assert.equal((await nodeRed.next('caught')).payload, 'b');
    await ask();
    assert.deepEqual(texts(), ['example.org', 'status.otherNode']);
    link.receive(Buffer.from('c'), undefined);
    const payloads = ['a', Buffer.of(0xe2), 'c'];
    for (const payload of payloads) assert.deepEqual((await nodeRed.next('out0')).payload, payload);
    assert.deepEqual([nodeRed.waiting('out0'), nodeRed.waiting('caught')], [[], []]);
    assert.equal(link.opened.length, 3);
  });

  it('opened while an input reads its URI: does not answer that input', async () => {
    await load({ uri: 'topic', uriType: 'jsonata' });
    const { link } = fake;
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
    const go = fake.link.suspend();
    nodeRed.give('node', { _msgid: 'one' });
    nodeRed.give('node', { _msgid: 'two' });
    await turns();
    go();
    const ids = (await nodeRed.take('out1', 2)).map(({ _msgid }) => _msgid);
    assert.deepEqual(ids, ['one', 'two']);
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('stopped while it renders templates: opens nothing', async () => {
    await load({ uri: 'ws://{{payload}}/' });
    nodeRed.give('node', { payload: 'host' });
    await nodeRed.node('node').close(false);
    await turns();
    assert.equal(fake.link.opened.length, 0);
  });

  it('stopped during an open: aborts it, and closes the link', async () => {
    await load({ keepOpen: false });
    const { link } = fake;
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
    fake.link.failure = new EspAtError(
      'OPEN_TIMEOUT',
      { link: 0, timeout: 15000 },
      { cause: new Error('not for flows') },
    );
    const { error, ...msg } = await ask({ _msgid: 'abc', payload: 'kept' }, 'caught');
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
    fake.link.failure = new EspAtError('INVALID_URI', { reason: 'EMPTY' });
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
      const { link } = fake;
      assert.deepEqual([link.opened.length, shown()], [0, `red ring ${code}`]);
      assert.equal(nodeRed.detailedStatuses('node').at(-1)?.event, 'start-failed');
      assert.equal(nodeRed.logged('node', 'warn').length, 1);
      fake.device.become({ name: 'resyncing' });
      fake.device.become({ name: 'ready' });
      assert.equal(shown(), `red ring ${code}`);
      await link.open({ uri: URI, owner: 'another node' });
      assert.equal(shown(), 'grey ring status.otherNode');
    });
  }

  it('keep open, the first attempt fails: shows what the driver emits', async () => {
    fake.link.failure = new EspAtError('OPEN_TIMEOUT', { link: 0, timeout: 15000 });
    await load({ keepOpen: true });
    await turns();
    assert.equal(shown(), 'grey ring status.closed');
    fake.link.retry(60_000);
    assert.equal(shown(), 'red ring status.retrying');
  });

  it('stopped: closes its own connection only', async () => {
    await load({ link: 'msg' });
    await ask({ linkId: 1 });
    await fake.device.links[2].open({ uri: URI, owner: 'another node' });
    await nodeRed.unload();
    assert.deepEqual(
      fake.device.links.map((link) => link.closed.length),
      [0, 1, 0],
    );
  });
});
