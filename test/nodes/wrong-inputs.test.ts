import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fakeFlow } from '../harness/nodes/fake-flow';
import { codeOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';

const circular: Record<string, unknown> = {};
circular.self = circular;

/** Properties of a message, and settings of the node. */
type Row = readonly [what: string, msg: object, settings?: object];
type Rows = Readonly<Record<string, readonly Row[]>>;

const wrongLinks = [3, -1, '0\r\nAT+RST', '', null, undefined, [0], { link: 0 }, true, 'all'].map(
  (linkId): Row => [`the link ${JSON.stringify(linkId)}`, { linkId }],
);

/** Wrong values in an input, by node and by the code that refuses them. */
const wrong: Readonly<Record<string, Rows>> = {
  'ws-open': {
    INVALID_LINK: wrongLinks,
    INVALID_URI: [['a URI that is no text', { uri: 42 }]],
    INVALID_SUBPROTOCOL: [['a subprotocol that is no text', { subprotocol: {} }]],
    INVALID_AUTHORIZATION: [['an authorization that is no text', { auth: ['x'] }]],
    INVALID_TIMEOUT: [
      ['a timeout of 0', { timeout: 0 }],
      ['a timeout in words', { timeout: 'soon' }],
    ],
    INVALID_HEADER: [
      ['headers that are a text', { headers: 'X: y' }],
      ['a header that is an object', { headers: { a: {} } }],
    ],
  },
  'ws-send': {
    INVALID_LINK: wrongLinks,
    INVALID_PAYLOAD: [
      ['no payload', { payload: undefined }],
      ['null', { payload: null }],
      ['a function', { payload: () => 1 }],
      ['a circular object', { payload: circular }],
      ['an object with a BigInt', { payload: { n: 1n } }],
      ['a Map, which JSON empties', { payload: new Map([['a', 1]]) }],
      ['an Error, which JSON empties', { payload: new Error('lost') }],
      ['an object that is nothing as JSON', { payload: { toJSON: () => undefined } }],
      ['fin in words', { fin: 'yes' }],
    ],
    INVALID_OPCODE: [
      ['an unknown opcode', { opcode: 'shout' }],
      ['the name of a property of all objects', { opcode: 'constructor' }],
      ['opcode 16', { opcode: 16 }],
      ['opcode -1', { opcode: -1 }],
      ['opcode 1.5', { opcode: 1.5 }],
      ['an opcode that is a list', { opcode: [1] }],
    ],
    INVALID_TIMEOUT: [
      ['a timeout beyond 60000', { timeout: 60_001 }],
      ['a timeout with a command in it', { timeout: '1\r\nAT+RST' }],
    ],
  },
  'ws-request': {
    INVALID_LINK: wrongLinks,
    INVALID_PAYLOAD: [['null', { payload: null }]],
    INVALID_REQUEST: [['a path with a space', {}, { requestPath: 'a b' }]],
    INVALID_TIMEOUT: [
      ['a timeout of 0', { timeout: 0 }],
      ['a timeout in words in its settings', {}, { timeout: 'soon' }],
    ],
    NO_DEVICE: [['a node without a device', {}, { device: '' }]],
  },
  'ws-close': {
    INVALID_LINK: wrongLinks,
    INVALID_CLOSE_CODE: [
      ['a code in words', { code: 'normal' }],
      ['a code with a command in it', { code: '1000\r\nAT+RST' }],
      ['half a code', { code: 1000.5 }],
      ['a code that is an object', { code: {} }],
      ['a code that is true', { code: true }],
    ],
    INVALID_PAYLOAD: [['a reason that is no text', { reason: 42 }]],
  },
};

onEachRuntime('an input with a wrong value', (nodeRed) => {
  for (const [type, codes] of Object.entries(wrong)) {
    const fake = fakeFlow(nodeRed, type, 1, { base: { link: 'msg', uri: 'ws://example.org/' } });
    for (const [code, rows] of Object.entries(codes))
      for (const [what, msg, settings] of rows)
        it(`${type} refuses ${what} with ${code}, and its link is asked for nothing`, async () => {
          await fake.load(settings);
          assert.equal(
            codeOf(await fake.ask({ linkId: 0, payload: '{}', ...msg }, 'caught')),
            code,
          );
          for (const { opened, sent, requests, closed } of fake.device.links)
            assert.deepEqual([opened, sent, requests, closed], [[], [], [], []]);
          for (const box of ['out0', 'completed']) assert.deepEqual(nodeRed.waiting(box), []);
        });
  }
});
