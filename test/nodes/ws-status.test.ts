import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Deferred } from '../../driver/deferred';
import { EspAtError } from '../../driver/errors';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, withoutId } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';

const URI = 'ws://example.org/feed';

onEachRuntime('ws-status', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-status', 1, { virtual: true });
  const { load, ask, shown } = fake;

  it('sends and shows every change of its link', async () => {
    await load();
    const { link } = fake;
    await link.open({ uri: URI });
    assert.deepEqual(withoutId(await nodeRed.next('out0')), {
      payload: 2,
      state: 'established',
      event: 'opened',
      linkId: 0,
      uri: URI,
    });
    assert.equal(shown(), 'green dot example.org');
    const reason = 'the server refused';
    link.become(0, 'failed', new EspAtError('OPEN_FAILED', { link: 0, reason }));
    assert.deepEqual(withoutId(await nodeRed.next('out0')), {
      payload: 0,
      state: 'closed',
      event: 'failed',
      linkId: 0,
      uri: URI,
      error: {
        code: 'OPEN_FAILED',
        message: 'Link 0 did not open: the server refused. Check the URI and the server.',
      },
    });
    link.retry(2400);
    assert.equal((await nodeRed.next('out0')).retryIn, 2400);
    assert.equal(shown(), 'red ring status.retrying');
    link.become(1, 'lost');
    assert.deepEqual((await nodeRed.next('out0')).state, 'reconnecting');
    link.become(3, 'reconnecting');
    assert.deepEqual((await nodeRed.next('out0')).payload, 3);
  });

  it('ignores the other links', async () => {
    await load({ link: '1' });
    await fake.link.open({ uri: URI });
    await fake.device.links[1].open({ uri: URI });
    assert.equal((await nodeRed.next('out0')).linkId, 1);
    assert.deepEqual(nodeRed.waiting('out0'), []);
  });

  it('with all links: sends every change, and shows which link', async () => {
    await load({ link: 'all' });
    for (const link of fake.device.links) await link.open({ uri: URI });
    const ids = (await nodeRed.take('out0', 3)).map(({ linkId }) => linkId);
    assert.deepEqual(ids, [0, 1, 2]);
    assert.equal(shown(), 'green dot 2: example.org');
  });

  it('queries the device for an input, and answers with the same message', async () => {
    await load({ link: '1' });
    await fake.device.links[1].open({ uri: URI });
    await nodeRed.next('out0');
    assert.deepEqual(
      await ask({ _msgid: 'abc', topic: 'mine', payload: 'x', error: 'old', retryIn: 1 }),
      {
        _msgid: 'abc',
        topic: 'mine',
        payload: 2,
        state: 'established',
        event: 'asked',
        linkId: 1,
        uri: URI,
      },
    );
    assert.equal((await nodeRed.next('completed'))._msgid, 'abc');
    assert.equal(fake.device.queries, 1);
    assert.deepEqual(nodeRed.waiting('out0'), []);
  });

  it('with a link: queries the device, whatever msg.action says, and passes that on', async () => {
    await load();
    const { event, action } = await ask({ action: 'restart' });
    assert.deepEqual([event, action, fake.device.restarts], ['asked', 'restart', 0]);
  });

  it('with all links: answers with three messages that keep the input’s properties', async () => {
    await load({ link: 'all' });
    nodeRed.give('node', { _msgid: 'abc', topic: 'mine' });
    const answers = await nodeRed.take('out0', 3);
    assert.deepEqual(
      answers.map(({ _msgid, topic, linkId, event }) => [_msgid, topic, linkId, event]),
      [
        ['abc', 'mine', 0, 'asked'],
        ['abc', 'mine', 1, 'asked'],
        ['abc', 'mine', 2, 'asked'],
      ],
    );
    await nodeRed.next('completed');
    assert.deepEqual(nodeRed.waiting('completed'), []);
  });

  it('answers for the link in the message, and refuses a fourth', async () => {
    await load({ link: 'all' });
    assert.equal((await ask({ linkId: '2' })).linkId, 2);
    await nodeRed.next('completed');
    assert.equal(codeOf(await ask({ linkId: 3 }, 'caught')), 'INVALID_LINK');
    assert.equal(fake.device.queries, 1);
    assert.deepEqual(nodeRed.waiting('out0'), []);
  });

  it('sends the failure of a query to Catch', async () => {
    await load();
    fake.device.checkLinks = () =>
      Promise.reject(new EspAtError('DEVICE_UNRESPONSIVE', { port: 'COM3' }));
    const caught = await ask({ _msgid: 'abc' }, 'caught');
    assert.deepEqual([codeOf(caught), caught._msgid], ['DEVICE_UNRESPONSIVE', 'abc']);
    assert.deepEqual(nodeRed.waiting('completed'), []);
  });

  it('polls at the interval set, until it is stopped', async () => {
    await load({ poll: '30' });
    await fake.clock.advance(29_900);
    assert.equal(fake.device.queries, 0);
    const msg = await nodeRed.next('out0');
    assert.deepEqual([msg.event, msg.linkId, fake.device.queries], ['asked', 0, 1]);
    assert.equal(typeof msg._msgid, 'string');
    await fake.clock.advance(60_000);
    assert.equal(fake.device.queries, 3);
    await nodeRed.unload();
    assert.equal(fake.clock.pending, 0);
    await fake.clock.advance(120_000);
    assert.equal(fake.device.queries, 3);
  });

  it('stopped during a poll: sends nothing', async () => {
    await load({ poll: '10' });
    const answer = new Deferred<[]>();
    const sent: unknown[] = [];
    const node = nodeRed.node('node');
    node.send = (msg: unknown) => void sent.push(msg);
    fake.device.checkLinks = () => answer.promise;
    await fake.clock.advance(10_000);
    await node.close(false);
    answer.resolve([]);
    await fake.clock.advance(0);
    assert.deepEqual(sent, []);
  });

  it('does not poll again before the last query has ended', async () => {
    await load({ poll: '10' });
    const answer = new Deferred<void>();
    const query = fake.device.checkLinks.bind(fake.device);
    fake.device.checkLinks = async () => {
      const events = await query();
      await answer.promise;
      return events;
    };
    await fake.clock.advance(100_000);
    assert.equal(fake.device.queries, 1);
    answer.resolve();
    await fake.clock.advance(10_000);
    assert.equal(fake.device.queries, 2);
  });

  it('pauses polling while the device is not ready', async () => {
    await load({ poll: '10' });
    fake.device.become({ name: 'initializing' });
    await fake.clock.advance(30_000);
    assert.equal(fake.device.queries, 0);
    fake.device.become({ name: 'ready' });
    await fake.clock.advance(10_000);
    assert.equal(fake.device.queries, 1);
  });

  it('logs a failed poll, and goes on', async () => {
    await load({ poll: '10' });
    fake.device.checkLinks = () =>
      Promise.reject(new EspAtError('OUT_OF_SYNC', { command: 'AT+WSOPEN?' }));
    await fake.clock.advance(20_000);
    const sentence =
      'The serial port lost or corrupted the response to AT+WSOPEN?. Check the cable, or choose a lower baud rate.';
    assert.deepEqual(nodeRed.logged('node', 'warn'), [sentence, sentence]);
    assert.deepEqual(nodeRed.waiting('caught'), []);
  });

  for (const poll of ['', '0', undefined, '-5', 'often']) {
    it(`interval ${JSON.stringify(poll)}: does not poll`, async () => {
      await load({ poll });
      assert.equal(fake.clock.pending, 0);
      await fake.clock.advance(1_000_000);
      assert.equal(fake.device.queries, 0);
    });
  }
});
