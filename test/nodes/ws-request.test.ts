import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NodeMessage } from 'node-red';
import { EspAtError } from '../../driver/errors';
import type { Reply } from '../../driver/link/request/options';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { flowOf } from '../harness/nodes/flows';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { turns } from '../harness/nodes/turns';

onEachRuntime('ws-request', (nodeRed) => {
  const fake = fakeFlow(nodeRed, 'ws-request', 2);
  const { load } = fake;

  function replyOf(text: string, opcode: 1 | 2 = 1): Reply {
    const bytes = Buffer.from(text);
    const json: unknown = /^[[{]/.test(text) ? JSON.parse(text) : undefined;
    return { message: { link: 0, uri: '', owner: undefined, opcode, bytes }, json };
  }

  /** Gives a request to the node; returns what the link was given. */
  async function ask(msg: NodeMessage) {
    nodeRed.give('node', msg);
    await turns();
    const request = fake.link.requests.at(-1);
    assert.ok(request);
    return request;
  }

  it('passes the reply on, with the other properties of the input', async () => {
    await load();
    const { payload, options, resolve } = await ask({
      _msgid: 'abc',
      topic: 'mine',
      payload: { id: 7 },
    });
    assert.equal(payload, '{"id":7}');
    assert.deepEqual(options.match, { by: 'property', request: 'id' });
    assert.deepEqual(
      [options.opcode, options.holdMs, options.replyTimeoutMs, options.emitReply, options.emitLate],
      [1, 0, undefined, true, true],
    );
    assert.equal(nodeRed.statuses('node').at(-1)?.text, 'status.underWay');
    resolve(replyOf('{"id":7,"result":true}'));
    assert.deepEqual(await nodeRed.next('out0'), {
      _msgid: 'abc',
      topic: 'mine',
      payload: { id: 7, result: true },
    });
    assert.equal((await nodeRed.next('completed'))._msgid, 'abc');
    assert.notEqual(nodeRed.statuses('node').at(-1)?.text, 'status.underWay');
  });

  const matches: readonly (readonly [string, object, object])[] = [
    [
      'other paths',
      { requestPath: 'head.id', replyPath: ' for[1] ' },
      { by: 'property', request: 'head.id', reply: 'for[1]' },
    ],
    ['OCPP', { match: 'array' }, { by: 'array' }],
    ['the next message', { match: 'next' }, { by: 'next' }],
  ];
  for (const [what, settings, match] of matches)
    it(`has the driver match by ${what}`, async () => {
      await load(settings);
      assert.deepEqual((await ask({ payload: 'x' })).options.match, match);
    });

  it('evaluates a condition for each message, with the request', async () => {
    await load({ match: 'jsonata', condition: 'reply.payload.seq = request.seq' });
    const { options } = await ask({ payload: 'x', seq: 4 });
    const { match } = options;
    assert.ok(match.by === 'function');
    const fits = async (text: string) => {
      const { message, json } = replyOf(text);
      return match.matches(message, json);
    };
    assert.deepEqual(
      [await fits('{"seq":4}'), await fits('{"seq":5}'), await fits('4'), await fits('{}')],
      [true, false, false, false],
    );
  });

  it('reports a condition that throws, and one that is no JSONata', async () => {
    await load({ match: 'jsonata', condition: '$number(reply.payload)' });
    const { match } = (await ask({ payload: 'x' })).options;
    assert.ok(match.by === 'function');
    const { message, json } = replyOf('x');
    await assert.rejects(async () => match.matches(message, json));
    await nodeRed.deploy(flowOf('ws-request', 2, { match: 'jsonata', condition: '(' }), 'nodes');
    assert.equal(codeOf(await nodeRed.next('caught')), 'ABORTED');
    const caught = await fake.ask({ payload: 'x' }, 'caught');
    assert.equal(codeOf(caught), 'INVALID_REQUEST');
    assert.match(sentenceOf(caught), /Expected "\)" before end of expression/);
  });

  const outputs: readonly (readonly [string, string, string, unknown])[] = [
    ['auto', 'text', 'text', undefined],
    ['string', '{"a":1}', '{"a":1}', undefined],
    ['buffer', '{"a":1}', 'buffer', undefined],
    ['json', 'text', '', 'NOT_JSON'],
  ];
  for (const [output, text, payload, code] of outputs)
    it(`makes a payload of "${text}" as ${output}`, async () => {
      await load({ output });
      (await ask({ payload: '{}' })).resolve(replyOf(text));
      if (code) return assert.equal(codeOf(await nodeRed.next('caught')), code);
      const got = (await nodeRed.next('out0')).payload;
      assert.deepEqual(got, payload === 'buffer' ? Buffer.from(text) : payload);
    });

  it('parses JSON also where the driver, which needed none, has not', async () => {
    await load({ match: 'next', output: 'auto' });
    (await ask({ payload: 'x' })).resolve({ ...replyOf(' {"a":1}'), json: undefined });
    assert.deepEqual((await nodeRed.next('out0')).payload, { a: 1 });
  });

  it('passes an error on to Catch nodes, once', async () => {
    await load();
    const { reject } = await ask({ _msgid: 'abc', payload: { id: 1 } });
    reject(new EspAtError('REPLY_TIMEOUT', { link: 0, timeout: 10_000 }, { outcome: 'sent' }));
    const msg = await nodeRed.next('caught');
    assert.deepEqual([codeOf(msg), msg._msgid], ['REPLY_TIMEOUT', 'abc']);
    assert.deepEqual(msg.payload, { id: 1 });
    assert.deepEqual(nodeRed.waiting('completed'), []);
  });

  it('late replies: go to the second output if set to output, and are dropped if set to drop', async () => {
    await load({ late: 'output', replies: 'here' });
    const { options, reject } = await ask({ topic: 'mine', payload: { id: 1 } });
    assert.deepEqual([options.emitReply, options.emitLate], [false, false]);
    reject(new EspAtError('REPLY_TIMEOUT', { link: 0, timeout: 1 }, { outcome: 'sent' }));
    await nodeRed.next('caught');
    options.onLate?.(replyOf('{"id":1,"late":true}'));
    const late = await nodeRed.next('out1');
    assert.deepEqual([late.topic, late.payload], ['mine', { id: 1, late: true }]);
    await nodeRed.deploy(flowOf('ws-request', 2, { late: 'drop' }), 'nodes');
    const dropped = await ask({ payload: { id: 2 } });
    assert.equal(dropped.options.emitLate, false);
    dropped.options.onLate?.(replyOf('{"id":2}'));
    await turns();
    assert.deepEqual(nodeRed.waiting('out1'), []);
  });

  it('takes link and timeout from the message, and the hold time from the settings', async () => {
    await load({ link: 'msg', timeout: '2000', whenAway: 'hold', holdSeconds: '5' });
    nodeRed.give('node', { payload: '{}', linkId: 1 });
    nodeRed.give('node', { payload: '{}', linkId: 1, timeout: 86_400_000 });
    await turns();
    assert.deepEqual(
      fake.device.links[1].requests.map(({ options }) => [options.replyTimeoutMs, options.holdMs]),
      [
        [2000, 5000],
        [86_400_000, 5000],
      ],
    );
  });

  it('ends the requests under way when it is stopped', async () => {
    await load();
    const { options } = await ask({ payload: '{}' });
    await nodeRed.deploy(flowOf('ws-request', 2, { name: 'changed' }), 'nodes');
    assert.equal(options.signal?.aborted, true);
    assert.deepEqual(nodeRed.waiting('out0'), []);
  });
});
