import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { checks as close } from '../../../nodes/shared/checks/ws-close';
import { checks as open } from '../../../nodes/shared/checks/ws-open';
import { checks as request } from '../../../nodes/shared/checks/ws-request';
import { checks as send } from '../../../nodes/shared/checks/ws-send';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { flowOf } from '../../harness/nodes/flows';
import { codeOf } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { turns } from '../../harness/nodes/turns';

const URI = 'ws://example.org/feed';
const msg = { uri: 'ws://other/', place: { uri: URI, text: 'hall', ms: 700, code: 4001 } };

/** Sources that give the same value: as a property, a context key, a variable, an expression. */
const sources = (path: string, value: string | number) =>
  [
    ['msg', `place.${path}`],
    ['flow', 'value'],
    ['global', 'value'],
    ['env', 'TEST_SOURCE'],
    ['jsonata', `$string(place.${path})`],
  ].map(([type = '', text = '']) => ({ type, text, value }));

onEachRuntime('settings of typed inputs', (nodeRed) => {
  let device: FakeDevice;
  const link = () => device.links[0];

  beforeEach(() => {
    device = new FakeDevice();
  });

  async function load(type: string, settings: object, value?: string | number): Promise<void> {
    if (value !== undefined) process.env.TEST_SOURCE = String(value);
    await nodeRed.load(() => device, flowOf(type, 2, { settingsVersion: 2, ...settings }));
    const context = nodeRed.node('node').context();
    context.flow.set('value', value);
    context.global.set('value', value);
  }

  for (const { type, text, value } of sources('uri', URI)) {
    it(`ws-open takes the URI from ${type}, whatever msg.uri says`, async () => {
      await load('ws-open', { uri: text, uriType: type }, value);
      nodeRed.give('node', { ...msg });
      await nodeRed.next('out1');
      assert.deepEqual(
        link().opened.map(({ uri }) => uri),
        [URI],
      );
    });
  }

  for (const { type, text, value } of sources('text', 'hall')) {
    it(`ws-open takes the subprotocol, ws-send the payload, from ${type}`, async () => {
      await load('ws-open', { uri: URI, subprotocol: text, subprotocolType: type }, value);
      nodeRed.give('node', { place: msg.place, subprotocol: 'other' });
      await nodeRed.next('out1');
      assert.equal(link().opened[0]?.subprotocol, 'hall');
      await nodeRed.unload();
      await load('ws-send', { payload: text, payloadType: type }, value);
      nodeRed.give('node', { ...msg, payload: 'other' });
      assert.equal((await nodeRed.next('out0')).payload, 'other');
      assert.deepEqual(
        link().sent.map(({ payload }) => payload),
        ['hall'],
      );
    });
  }

  for (const { type, text, value } of sources('ms', 700)) {
    it(`ws-open, ws-send and ws-request take the timeout from ${type}`, async () => {
      const settings = { timeout: text, timeoutType: type };
      await load('ws-open', { uri: URI, ...settings }, value);
      nodeRed.give('node', { place: msg.place, timeout: 5 });
      await nodeRed.next('out1');
      assert.equal(link().opened[0]?.timeoutMs, 700);
      await nodeRed.unload();
      await load('ws-send', settings, value);
      nodeRed.give('node', { ...msg, payload: 'x', timeout: 5 });
      await nodeRed.next('out0');
      assert.equal(link().sent[0]?.options.timeoutMs, 700);
      await nodeRed.unload();
      await load('ws-request', { match: 'next', ...settings }, value);
      nodeRed.give('node', { ...msg, payload: 'x', timeout: 5 });
      for (let turn = 0; turn < 20 && !link().requests[0]; turn++) await turns();
      assert.equal(link().requests[0]?.options.replyTimeoutMs, 700);
    });
  }

  for (const { type, text, value } of sources('code', 4001)) {
    it(`ws-close takes the code and the reason from ${type}`, async () => {
      const settings = { code: text, codeType: type, reason: text, reasonType: type };
      const reason = type === 'msg' ? { reason: 'place.text' } : {};
      await load('ws-close', { ...settings, ...reason }, type === 'env' ? '4001' : value);
      nodeRed.node('node').context().flow.set('value', '4001');
      nodeRed.node('node').context().global.set('value', '4001');
      nodeRed.give('node', { place: msg.place, code: 1001, reason: 'other' });
      await nodeRed.next('out0');
      const [closed] = link().closed;
      assert.deepEqual([closed?.code, closed?.reason], [4001, type === 'msg' ? 'hall' : '4001']);
    });
  }

  it('ws-send sends an object that an expression makes as JSON, and a fixed text with its environment variables', async () => {
    await load('ws-send', { payload: '{ "t": payload }', payloadType: 'jsonata' });
    nodeRed.give('node', { payload: 21 });
    await nodeRed.next('out0');
    await nodeRed.unload();
    await load('ws-send', { payload: '${TEST_SOURCE} {{y}} ', payloadType: 'str' }, 'ping');
    nodeRed.give('node', {});
    await nodeRed.next('out0');
    assert.deepEqual(
      link().sent.map(({ payload }) => payload),
      ['{"t":21}', 'ping {{y}} '],
    );
  });

  it('ws-send keeps the order of messages whose expressions take different times', async () => {
    const slow = '(payload = 1 ? $sum($map([1..2000], function($v) { $v })) : 0; payload)';
    await load('ws-send', { payload: slow, payloadType: 'jsonata' });
    for (const payload of [1, 2, 3]) nodeRed.give('node', { payload });
    for (let count = 0; count < 3; count++) await nodeRed.next('out0');
    assert.deepEqual(
      link().sent.map(({ payload }) => payload),
      ['1', '2', '3'],
    );
  });

  it('ws-request: the condition sees what is sent as the payload of the request', async () => {
    const condition = 'reply.payload.answers = request.payload';
    const settings = { payload: 'place.text', payloadType: 'msg', match: 'jsonata', condition };
    await load('ws-request', settings);
    nodeRed.give('node', { ...msg, payload: 'other' });
    const [asked] = link().requests;
    assert.equal(asked?.payload, 'hall');
    const { match } = asked.options;
    assert.ok(match.by === 'function');
    const reply = (json: object) =>
      match.matches(
        { bytes: Buffer.from(''), opcode: 1, link: 0, uri: URI, owner: undefined },
        json,
      );
    assert.equal(await reply({ answers: 'hall' }), true);
    assert.equal(await reply({ answers: 'other' }), false);
  });

  for (const [type, opens] of [
    ['flow', 1],
    ['env', 1],
    ['msg', 0],
  ] as const) {
    it(`keep-open with a URI from ${type}: ${opens} attempts before the first message`, async () => {
      process.env.TEST_SOURCE = URI;
      const settings = { uri: type === 'env' ? 'TEST_SOURCE' : 'value', uriType: type };
      await load('ws-open', { ...settings, keepOpen: true });
      await turns(20);
      // A flow context is empty at this start: the node says so in the log.
      const tried = link().opened.length + nodeRed.logged('node', 'warn').length;
      assert.equal(tried, opens);
    });
  }

  for (const [type, text] of [
    ['msg', ''],
    ['msg', 'a[b'],
    ['jsonata', ''],
    ['jsonata', '$nothing('],
    ['jsonata', '$nothing()'],
  ] as const) {
    it(`a value from ${type} "${text}" that cannot be read: VALUE_UNREADABLE, and nothing is sent`, async () => {
      await load('ws-send', { payload: text, payloadType: type });
      nodeRed.give('node', { payload: 'x' });
      assert.equal(codeOf(await nodeRed.next('caught')), 'VALUE_UNREADABLE');
      await nodeRed.unload();
      await load('ws-open', { uri: text, uriType: type });
      nodeRed.give('node', { payload: 'x' });
      assert.equal(codeOf(await nodeRed.next('caught')), 'VALUE_UNREADABLE');
      assert.deepEqual([link().sent, link().opened], [[], []]);
    });
  }

  it('values of the wrong kind get the codes that they get in a message', async () => {
    await load('ws-open', { uri: 'payload', uriType: 'msg' });
    nodeRed.give('node', { payload: 5 });
    assert.equal(codeOf(await nodeRed.next('caught')), 'INVALID_URI');
    await nodeRed.unload();
    await load('ws-send', { timeout: 'topic', timeoutType: 'msg' });
    nodeRed.give('node', { payload: 'x', topic: 'soon' });
    assert.equal(codeOf(await nodeRed.next('caught')), 'INVALID_TIMEOUT');
    await nodeRed.unload();
    await load('ws-close', { code: 'topic', codeType: 'msg' });
    nodeRed.give('node', { topic: 'x' });
    assert.equal(codeOf(await nodeRed.next('caught')), 'INVALID_CLOSE_CODE');
  });
});

describe('a typed input without a property, variable or expression', () => {
  for (const [type, checks, field] of [
    ['ws-open', open, 'uri'],
    ['ws-open', open, 'subprotocol'],
    ['ws-open', open, 'timeout'],
    ['ws-send', send, 'payload'],
    ['ws-send', send, 'timeout'],
    ['ws-request', request, 'payload'],
    ['ws-request', request, 'timeout'],
    ['ws-close', close, 'code'],
    ['ws-close', close, 'reason'],
  ] as const) {
    it(`${type}, ${field}: is refused in the dialog; a name is left to the runtime`, () => {
      const check = Object.entries(checks).find(([name]) => name === field)?.[1];
      for (const source of ['msg', 'flow', 'global', 'env', 'jsonata']) {
        const settings = { [`${field}Type`]: source };
        assert.equal(check?.(' ', settings)?.code, 'VALUE_UNREADABLE');
        assert.equal(check('no number', settings), undefined);
      }
    });
  }
});
