import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import { catalog } from '../harness/editor/catalog';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { turns } from '../harness/nodes/turns';

const URI = 'ws://example.org/feed';

onEachRuntime('ws-close', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-close', 1);
  const { load, ask } = fake;
  /** How link 0 was closed. */
  const asked = () =>
    fake.link.closed.map(({ graceful, code, reason }) => ({ graceful, code, reason }));
  const closings = () => fake.device.links.map((link) => link.closed.length);

  beforeEach(async () => {
    for (const link of fake.device.links) await link.open({ uri: URI });
  });

  it('passes the message on once the link is closed', async () => {
    await load();
    const confirm = fake.link.suspend();
    nodeRed.give('node', { _msgid: 'abc', topic: 'mine', payload: 'kept' });
    await turns(3);
    assert.deepEqual(closings(), [1, 0, 0]);
    assert.deepEqual(nodeRed.waiting('out0'), []);
    assert.deepEqual(nodeRed.waiting('completed'), []);
    confirm();
    assert.deepEqual(await nodeRed.next('out0'), { _msgid: 'abc', topic: 'mine', payload: 'kept' });
    assert.equal((await nodeRed.next('completed'))._msgid, 'abc');
    assert.equal(nodeRed.shown('node'), 'grey ring status.closed');
  });

  it('without settings: a close frame with code 1000 and no reason', async () => {
    await load();
    await ask();
    assert.deepEqual(asked(), [{ graceful: true, code: 1000, reason: '' }]);
  });

  it('with settings: closes at once, with the code and reason set', async () => {
    await load({ mode: 'now', code: '4001', reason: ' done ' });
    await ask();
    // As an error object may have; without a close frame no code is sent.
    await ask({ code: 'ENOENT', reason: 7 });
    const closed = { graceful: false, code: 4001, reason: 'done' };
    assert.deepEqual(asked(), [closed, closed]);
  });

  it('takes code and reason from the message, as number or text', async () => {
    await load({ code: '4001', reason: 'set' });
    await ask({ code: '3000', reason: 'grüß' });
    await ask({ code: 1001, reason: '' });
    await ask({ code: null, reason: null });
    assert.deepEqual(asked(), [
      { graceful: true, code: 3000, reason: 'grüß' },
      { graceful: true, code: 1001, reason: '' },
      { graceful: true, code: 4001, reason: 'set' },
    ]);
  });

  it('stopped during a close: ends the wait with ABORTED', async () => {
    await load({}, {}, catalog('en-US'));
    fake.link.suspend();
    nodeRed.give('node');
    await turns();
    await nodeRed.node('node').close(false);
    // It has no message to send, and the driver goes on closing.
    assert.equal(fake.link.closed.length, 1);
    assert.equal(
      sentenceOf(await nodeRed.next('caught')),
      'The node stopped before it was done, and sent no message. Give it the message again.',
    );
  });

  it('stopped while it reads its reason: closes nothing', async () => {
    await load({ reason: '"bye"', reasonType: 'jsonata' });
    nodeRed.give('node');
    await nodeRed.node('node').close(false);
    assert.equal(codeOf(await nodeRed.next('caught')), 'ABORTED');
    assert.deepEqual(closings(), [0, 0, 0]);
  });

  it('closes the link named in the message', async () => {
    await load({ link: 'msg' });
    await ask({ linkId: 2 });
    assert.deepEqual(closings(), [0, 0, 1]);
    assert.equal(nodeRed.shown('node'), 'grey ring 2: status.closed');
  });

  it('closes all links, and passes the message on once', async () => {
    await load({ link: 'all' });
    const confirm = fake.device.links[1].suspend();
    nodeRed.give('node', { _msgid: 'abc' });
    await turns(3);
    assert.deepEqual(closings(), [1, 1, 1]);
    assert.deepEqual(nodeRed.waiting('out0'), []);
    confirm();
    assert.equal((await nodeRed.next('out0'))._msgid, 'abc');
    await nodeRed.next('completed');
    assert.deepEqual(nodeRed.waiting('out0'), []);
    assert.deepEqual(nodeRed.waiting('completed'), []);
  });

  it('reports one link’s failure after all links have ended', async () => {
    await load({ link: 'all' });
    const confirm = fake.device.links[2].suspend();
    fake.link.failure = new EspAtError('OUT_OF_SYNC', { command: 'AT+WSCLOSE=0' });
    nodeRed.give('node');
    await turns(3);
    assert.deepEqual(nodeRed.waiting('caught'), []);
    confirm();
    assert.equal(codeOf(await nodeRed.next('caught')), 'OUT_OF_SYNC');
    assert.deepEqual(
      fake.device.links.map((link) => link.stateNumber),
      [2, 0, 0],
    );
    assert.deepEqual(nodeRed.waiting('out0'), []);
  });

  it('succeeds when the link is not open', async () => {
    await load();
    fake.link.stateNumber = 0;
    assert.equal((await ask({ _msgid: 'abc' }))._msgid, 'abc');
  });
});
