import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NodeMessage } from 'node-red';
import { runInThisContext } from 'node:vm';
import { FakeDevice, type FakeLink } from '../../harness/nodes/fake-device';
import { helpers, userNode, wholeFlow } from '../../harness/nodes/flows';
import { field } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { NodeWatch } from '../../verification/deployments/node-watch';

/** Throws the value that a script throws, which need not be an error. */
const throwing = (script: string) => (): never => {
  runInThisContext(script);
  throw new Error(`it throws nothing: ${script}`);
};
/** Neither an error, nor can it become text. */
const throwNothing = throwing('throw Object.create(null)');
const throwUndefined = throwing('throw undefined');

const traps = ['get', 'has', 'ownKeys', 'getPrototypeOf'];

/** Values that a Function node can make, and that fail when anything looks at them. */
const hostile: readonly (readonly [string, () => unknown])[] = [
  ['a proxy that throws an object without a prototype', () => new Proxy({}, { get: throwNothing })],
  [
    'a proxy that throws undefined',
    () => new Proxy({}, { get: throwUndefined, ownKeys: throwUndefined }),
  ],
  [
    'a proxy that throws at every access',
    () => new Proxy({}, Object.fromEntries(traps.map((trap) => [trap, throwNothing]))),
  ],
  [
    'a revoked proxy',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  ['an object without a prototype', (): unknown => Object.create(null)],
  ['an object whose text throws', () => ({ toString: throwNothing, toJSON: throwUndefined })],
  [
    'a getter that throws',
    () => Object.defineProperty({}, 'x', { get: throwNothing, enumerable: true }),
  ],
  ['a symbol', () => Symbol('x')],
  ['a function', () => throwNothing],
  [
    'a list that holds itself',
    () => {
      const list: unknown[] = [];
      list.push(list);
      return list;
    },
  ],
  ['a number beyond all', () => Infinity],
  ['a huge integer', () => 2n ** 200n],
];
const fields = [
  ...['payload', 'linkId', 'uri', 'subprotocol', 'timeout', 'auth', 'headers', 'path', 'opcode'],
  ...['fin', 'code', 'reason', 'topic', 'action', 'port', 'other', 'error', 'retryIn', 'event'],
];
const nodes = ['open', 'send', 'close', 'status', 'request', 'board'];

/** Messages that fail when a node writes into them, or copies them. */
const unwritable: readonly (readonly [string, (msg: NodeMessage) => NodeMessage])[] = [
  ['a frozen message', (msg) => Object.freeze(msg)],
  [
    'a message whose payload cannot be set',
    (msg) => Object.defineProperty(msg, 'payload', { get: () => '{}', set: throwNothing }),
  ],
  [
    'a message that throws when it is changed',
    (msg) => new Proxy(msg, { set: throwNothing, deleteProperty: throwUndefined }),
  ],
  [
    'a frozen message with a getter that throws',
    (msg) =>
      Object.freeze(Object.defineProperty(msg, 'other', { get: throwNothing, enumerable: true })),
  ],
  ['a message with a frozen socket', (msg) => ({ ...msg, ws: Object.freeze({ id: 1 }) })],
];

/** The flow of all nodes, with a request node, and a status node of the device. */
function flow(): object[] {
  const open = { uri: 'ws://server/{{path}}{{msg.path.deep}}', subprotocol: '{{topic}}' };
  const request = { link: 'msg', match: 'next', wires: [['answered'], []] };
  return [
    ...wholeFlow({ open }),
    userNode('request', 'ws-request', request),
    userNode('board', 'ws-status', { link: 'device', wires: [['told']] }),
    ...helpers('answered', 'told'),
  ];
}

/** A listener must not throw: the driver emits from within its state machines. */
function noteThrown(link: FakeLink, note: (error: unknown) => void): void {
  const emit: unknown = Reflect.get(link, 'emit');
  assert.ok(typeof emit === 'function');
  Reflect.set(link, 'emit', (...args: unknown[]) => {
    try {
      return Reflect.apply(emit, link, args) as boolean;
    } catch (error) {
      note(error);
      return false;
    }
  });
}

const message = { link: 0, uri: '', owner: undefined, opcode: 1, bytes: Buffer.from('x') } as const;
const reply = { message, json: undefined };

onEachRuntime('nodes with hostile values in a message', (nodeRed) => {
  const cases = [
    ...hostile.map(([name, make]) => {
      const messages = (node: string): NodeMessage[] =>
        fields.map((field) => {
          return { payload: 'x', linkId: 0, [field]: make(), _msgid: `${node}.${field}` };
        });
      return [name, messages] as const;
    }),
    ...unwritable.map(([name, made]) => {
      const messages = (node: string): NodeMessage[] => [
        made({ payload: 'x', linkId: 0, topic: 'chat', path: '', _msgid: node }),
      ];
      return [name, messages] as const;
    }),
  ];
  for (const [name, messages] of cases) {
    it(`${name}: each input ends once`, async () => {
      const rejected: unknown[] = [];
      const note = (reason: unknown): void => void rejected.push(reason);
      process.on('unhandledRejection', note).on('uncaughtException', note);
      const watch = new NodeWatch();
      nodeRed.onNode = (node) => watch.created(node);
      try {
        const device = new FakeDevice();
        for (const link of device.links) noteThrown(link, note);
        await nodeRed.load(() => device, flow());
        const ids: string[] = [];
        for (const node of nodes)
          for (const msg of messages(node)) {
            ids.push(String(msg._msgid));
            nodeRed.give(node, msg);
          }
        for (let turn = 0; turn < 50; turn++) {
          await new Promise(setImmediate);
          for (const { requests } of device.links) for (const each of requests) each.resolve(reply);
        }
        const wrong = ids.filter((id) => watch.endings.get(id)?.length !== 1);
        assert.deepEqual(wrong, [], 'inputs that did not end once');
        const errors = ids.map((id) => watch.endings.get(id)?.[0]?.error).filter(Boolean);
        const uncoded = errors.filter((error) => typeof field(error, 'code') !== 'string');
        assert.deepEqual(uncoded, [], 'errors without a code');
        assert.deepEqual(
          rejected.map((reason) => typeof reason),
          [],
        );
      } finally {
        process.off('unhandledRejection', note).off('uncaughtException', note);
        nodeRed.onNode = undefined;
      }
    });
  }

  for (const [name, made] of unwritable)
    it(`${name}: every node passes on what it passes on of a plain message`, async () => {
      const passed = async (make: (msg: NodeMessage) => NodeMessage) => {
        const device = new FakeDevice();
        const { links } = device;
        await nodeRed.load(() => device, flow());
        for (const node of nodes) {
          const msg = { payload: '{}', linkId: 0, topic: 'chat', path: '', _msgid: node };
          nodeRed.give(node, make(node === 'board' ? { ...msg, action: 'statistics' } : msg));
          for (let turn = 0; turn < 20; turn++) {
            await new Promise(setImmediate);
            for (const { requests } of links) for (const each of requests) each.resolve(reply);
          }
        }
        const outputs = ['state', 'sent', 'closed', 'news', 'answered', 'told', 'caught'];
        const all: [string, unknown[]][] = outputs.map((id) => [
          id,
          nodeRed.waiting(id).map(comparable),
        ]);
        await nodeRed.unload();
        return all;
      };
      const plain = await passed((msg) => msg);
      assert.ok(plain.every(([id, messages]) => id === 'caught' || messages.length > 0));
      assert.deepEqual(await passed(made), plain);
    });
});

/** What both messages have: `ws`, and what cannot be read, came with the input. */
function comparable(msg: NodeMessage): object {
  return Object.fromEntries(
    Object.keys(msg)
      .filter((name) => !['ws', 'other', '_msgid'].includes(name))
      .map((name) => [name, field(msg, name)] as const)
      .map(([name, value]) => [name, typeof value === 'object' ? typeof value : value]),
  );
}
