import assert from 'node:assert/strict';
import { it } from 'node:test';
import { wholeFlow } from '../../harness/nodes/flows';
import { harnessFlow } from '../../harness/nodes/harness-flow';
import { EARLY_TEXT } from '../../harness/network/ws-server-paths';
import { codeOf, sentenceOf, withoutId } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';

const URI = 'ws://host/echo';

onEachRuntime('the nodes on the simulated ESP32', (nodeRed) => {
  const begin = harnessFlow(nodeRed);

  it('ws-open before the device is ready: the input waits', async () => {
    const { server } = await begin();
    nodeRed.give('open', { _msgid: 'early', linkId: 0, uri: URI });
    const msg = await nodeRed.event('state', 'opened');
    assert.deepEqual([msg._msgid, msg.payload], ['early', 2]);
    assert.equal(server.connections.length, 1);
  });

  it('keep open: reopens after a close by the server, and rests from ws-close to the next ws-open', async () => {
    const { server, clock } = await begin(
      wholeFlow({ open: { link: '0', uri: URI, keepOpen: true } }),
    );
    await nodeRed.event('state', 'opened');
    server.connections[0]?.close(1001);
    await nodeRed.event('state', 'closed-by-server');
    const retry = await nodeRed.event('state', 'retrying');
    assert.ok(Number(retry.retryIn) > 0);
    await nodeRed.event('state', 'reopened');
    assert.equal(server.connections.length, 2);

    await nodeRed.ask('close', { linkId: 0 }, 'closed');
    await clock.advance(600_000);
    assert.equal(server.connections.length, 2);

    nodeRed.give('open', {});
    await nodeRed.event('state', 'opened');
    server.connections[2]?.close(1001);
    await nodeRed.event('state', 'reopened');
    assert.equal(server.connections.length, 4);
  });

  it('keep open, the URI is not in the flow context at start: shows it, and opens for the next input', async () => {
    const open = { link: '0', uri: 'uri', uriType: 'flow', keepOpen: true };
    const { server, clock } = await begin(wholeFlow({ open }));
    await clock.advance(600_000);
    const status = nodeRed.detailedStatuses('open').at(-1);
    assert.deepEqual(
      [status?.fill, status?.text, status?.event],
      ['red', 'INVALID_URI', 'start-failed'],
    );
    assert.equal(server.connections.length, 0);
    nodeRed.node('open').context().flow.set('uri', URI);
    nodeRed.give('open', {});
    await nodeRed.event('state', 'opened');
    assert.equal(nodeRed.shown('open'), 'green dot host');
  });

  for (const firmware of ['A', 'B'] as const)
    it(`firmware that loses a server's first message, class ${firmware}: ws-open and ws-status warn after the opening`, async () => {
      await begin(wholeFlow({ status: { link: '0' } }), { firmware });
      nodeRed.give('open', { _msgid: 'mine', linkId: 0, uri: URI });
      const opened = await nodeRed.event('state', 'opened');
      assert.equal(opened._msgid, 'mine');
      const { error, ...warning } = await nodeRed.next('state');
      assert.deepEqual(withoutId(warning), {
        payload: 2,
        state: 'established',
        event: 'warning',
        linkId: 0,
        uri: URI,
      });
      assert.equal(codeOf({ error }), 'FIRST_MESSAGE_AT_RISK');
      assert.match(sentenceOf({ error }), /^Link 0 is open, but this firmware loses a message/);
      assert.equal(codeOf(await nodeRed.event('news', 'warning')), 'FIRST_MESSAGE_AT_RISK');
      assert.equal(nodeRed.shown('open'), 'green dot 0: host');
    });

  for (const firmware of ['C', 'D'] as const)
    it(`firmware that holds a server's first message back, class ${firmware}: ws-open outputs it and does not warn`, async () => {
      const { clock } = await begin(wholeFlow(), { firmware });
      nodeRed.give('open', { linkId: 0, uri: 'ws://host/early' });
      await nodeRed.event('state', 'opened');
      assert.equal((await nodeRed.next('in')).payload, EARLY_TEXT);
      await clock.advance(1000);
      assert.deepEqual(nodeRed.waiting('state'), []);
    });

  it('ws-send with hold: sends in order once the link is open', async () => {
    const { server } = await begin(wholeFlow({ send: { whenAway: 'hold', holdSeconds: '20' } }));
    for (const payload of ['a', 'b', 'c']) nodeRed.give('send', { linkId: 1, payload });
    nodeRed.give('open', { linkId: 1, uri: 'ws://host/plain' });
    for (const payload of ['a', 'b', 'c'])
      assert.equal((await nodeRed.next('sent')).payload, payload);
    assert.deepEqual(
      server.connections[0]?.frames.map((frame) => frame.payload.toString()),
      ['a', 'b', 'c'],
    );
  });

  it('ws-send: HOLD_TIMEOUT after the hold time, LINK_NOT_OPEN at once without hold', async () => {
    const { clock } = await begin(wholeFlow({ send: { whenAway: 'hold', holdSeconds: '20' } }));
    const before = clock.now();
    nodeRed.give('send', { linkId: 1, payload: 'x' });
    assert.equal(codeOf(await nodeRed.next('caught')), 'HOLD_TIMEOUT');
    const waited = clock.now() - before;
    assert.ok(waited >= 20_000 && waited < 21_000, `${waited} ms`);
    await nodeRed.deploy(wholeFlow(), 'nodes');
    const again = clock.now();
    nodeRed.give('send', { linkId: 1, payload: 'x' });
    assert.equal(codeOf(await nodeRed.next('caught')), 'LINK_NOT_OPEN');
    assert.ok(clock.now() - again < 100);
  });

  it('ws-close: sends code and reason after the messages before it', async () => {
    const { server } = await begin();
    nodeRed.give('open', { linkId: 0, uri: 'ws://host/plain' });
    await nodeRed.event('state', 'opened');
    nodeRed.give('send', { linkId: 0, payload: 'last words' });
    await nodeRed.ask('close', { linkId: 0, code: 3001, reason: 'grüß, "x"' }, 'closed');
    assert.deepEqual(
      server.connections[0]?.frames
        .slice(0, 2)
        .map(({ opcode, payload }) => [opcode, payload.toString('hex')]),
      [
        [1, Buffer.from('last words').toString('hex')],
        [8, `0bb9${Buffer.from('grüß, "x"').toString('hex')}`],
      ],
    );
    assert.equal((await nodeRed.next('sent')).payload, 'last words');
    assert.equal(nodeRed.shown('status'), 'grey ring 0: status.closed');
  });

  it('a restart of the device: every input ends once', async () => {
    const { simulator, clock } = await begin();
    nodeRed.give('open', { linkId: 0, uri: URI });
    await nodeRed.event('state', 'opened');
    await nodeRed.next('completed');
    const inputs = 30;
    for (let index = 0; index < inputs; index++) {
      nodeRed.give('send', { linkId: 0, payload: `${index} ${'x'.repeat(500)}` });
    }
    await nodeRed.ask('open', { linkId: 1, uri: 'ws://host/silent' }, 'completed');
    simulator.restart();
    // Of 31 inputs, one has completed above.
    const ends = () => [...nodeRed.waiting('completed'), ...nodeRed.waiting('caught')];
    assert.ok(await clock.until(() => ends().length >= inputs));
    await clock.advance(60_000);
    const ids = ends().map(({ _msgid }) => _msgid);
    assert.equal(ids.length, inputs);
    assert.equal(new Set(ids).size, inputs);
    const codes = new Set(nodeRed.waiting('caught').map(codeOf));
    assert.ok(nodeRed.waiting('caught').length > 0);
    for (const code of codes)
      assert.match(String(code), /^(DEVICE_RESTARTED|SEND_UNKNOWN|LINK_NOT_OPEN|OPEN_FAILED)$/);
  });
});
