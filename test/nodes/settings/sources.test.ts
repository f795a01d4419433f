import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { dialogChecks } from '../../harness/nodes/dialog-checks';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { flowOf } from '../../harness/nodes/flows';
import { codeOf } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { turns } from '../../harness/nodes/turns';
import { given } from './given';

const URI = 'ws://example.org/feed';
const place = { uri: URI, text: 'hall', ms: 700, code: 4001 };
/** Its other properties have the names of fields, and do not count. */
const msg = {
  place,
  uri: 'ws://other/',
  subprotocol: 'other',
  payload: 'other',
  timeout: 5,
  code: 1001,
  reason: 'other',
};

/** Fields of nodes, and where a message has their value. */
const fields = [
  ['ws-open', 'uri', 'uri'],
  ['ws-open', 'subprotocol', 'text'],
  ['ws-open', 'timeout', 'ms'],
  ['ws-send', 'payload', 'text'],
  ['ws-send', 'timeout', 'ms'],
  ['ws-request', 'payload', 'text'],
  ['ws-request', 'timeout', 'ms'],
  ['ws-close', 'code', 'code'],
  ['ws-close', 'reason', 'text'],
] as const;

/** Sources that give the same value: as a property, a context key, a variable, an expression. */
const sources = (path: string) => [
  ['msg', `place.${path}`],
  ['flow', 'value'],
  ['global', 'value'],
  ['env', 'TEST_SOURCE'],
  ['jsonata', `$string(place.${path})`],
];

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

  for (const [type, field, path] of fields)
    for (const [source, text] of sources(path))
      it(`${type} takes its ${field} from ${source}, whatever msg.${field} says`, async () => {
        const settings = { uri: URI, match: 'next', [field]: text, [`${field}Type`]: source };
        await load(type, settings, place[path]);
        nodeRed.give('node', { ...msg });
        const found = () => given[type]?.[field]?.(link());
        for (let turn = 0; turn < 50 && found() === undefined; turn++) await turns();
        assert.equal(found(), place[path]);
      });

  it('ws-send sends an object that an expression makes as JSON, and a fixed text with its environment variables', async () => {
    await load('ws-send', { payload: '{ "t": payload }', payloadType: 'jsonata' });
    assert.equal((await nodeRed.ask('node', { payload: 21 }, 'out0')).payload, 21);
    await nodeRed.unload();
    await load('ws-send', { payload: '${TEST_SOURCE} {{y}} ', payloadType: 'str' }, 'ping');
    await nodeRed.ask('node', {}, 'out0');
    assert.deepEqual(
      link().sent.map(({ payload }) => payload),
      ['{"t":21}', 'ping {{y}} '],
    );
  });

  it('ws-send keeps the order of messages whose expressions take different times', async () => {
    const slow = '(payload = 1 ? $sum($map([1..2000], function($v) { $v })) : 0; payload)';
    await load('ws-send', { payload: slow, payloadType: 'jsonata' });
    for (const payload of [1, 2, 3]) nodeRed.give('node', { payload });
    await nodeRed.take('out0', 3);
    const payloads = link().sent.map(({ payload }) => payload);
    assert.deepEqual(payloads, ['1', '2', '3']);
  });

  it('ws-request: the condition sees what is sent as the payload of the request', async () => {
    const condition = 'reply.payload.answers = request.payload';
    const settings = { payload: 'place.text', payloadType: 'msg', match: 'jsonata', condition };
    await load('ws-request', settings);
    nodeRed.give('node', { ...msg, payload: 'other' });
    assert.equal(link().requests[0]?.payload, 'hall');
    assert.equal(await link().accepts({ answers: 'hall' }), true);
    assert.equal(await link().accepts({ answers: 'other' }), false);
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

  for (const [type, field, source, given, code] of [
    ['ws-open', 'uri', 'payload', 5, 'INVALID_URI'],
    ['ws-send', 'timeout', 'topic', 'soon', 'INVALID_TIMEOUT'],
    ['ws-close', 'code', 'topic', 'x', 'INVALID_CLOSE_CODE'],
  ] as const)
    it(`${type}, ${field} of the wrong kind in a property: ${code}, as in a message`, async () => {
      await load(type, { [field]: source, [`${field}Type`]: 'msg' });
      nodeRed.give('node', { payload: 'x', [source]: given });
      assert.equal(codeOf(await nodeRed.next('caught')), code);
    });
});

describe('a typed input without a property, variable or expression', () => {
  for (const [type, field] of fields)
    it(`${type}, ${field}: is refused in the dialog; a name is left to the runtime`, () => {
      const check = dialogChecks[type]?.[field];
      for (const source of ['msg', 'flow', 'global', 'env', 'jsonata']) {
        const settings = { [`${field}Type`]: source };
        assert.equal(check?.(' ', settings)?.code, 'VALUE_UNREADABLE');
        assert.equal(check('no number', settings), undefined);
      }
    });
});
