import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NodeMessage } from 'node-red';
import { runInThisContext } from 'node:vm';
import { FakeDevice, type FakeLink } from '../../harness/nodes/fake-device';
import { wholeFlow } from '../../harness/nodes/flows';
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

/** Values that a Function node can make, and that fail when anything looks at them. */
const hostile: readonly (readonly [string, () => unknown])[] = [
  ['a proxy that throws an object without a prototype', () => new Proxy({}, { get: throwNothing })],
  [
    'a proxy that throws undefined',
    () => new Proxy({}, { get: throwUndefined, ownKeys: throwUndefined }),
  ],
  [
    'a proxy that throws at every access',
    () =>
      new Proxy(
        {},
        {
          get: throwNothing,
          has: throwNothing,
          ownKeys: throwNothing,
          getPrototypeOf: throwNothing,
        },
      ),
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

/** Messages that fail when a node writes into them. */
const unwritable: readonly (readonly [string, (msg: NodeMessage) => NodeMessage])[] = [
  ['a frozen message', (msg) => Object.freeze(msg)],
  [
    'a message whose payload cannot be set',
    (msg) => Object.defineProperty(msg, 'payload', { get: () => 'x', set: throwNothing }),
  ],
  [
    'a message that throws when it is changed',
    (msg) => new Proxy(msg, { set: throwNothing, deleteProperty: throwUndefined }),
  ],
];

/** The flow of all nodes, with a request node, and a status node of the device. */
function flow(): object[] {
  const open = { uri: 'ws://server/{{path}}{{msg.path.deep}}', subprotocol: '{{topic}}' };
  const common = { z: 'tab', device: 'device' };
  return [
    ...wholeFlow({ open }),
    { ...common, id: 'request', type: 'ws-request', link: 'msg', match: 'next', wires: [[], []] },
    { ...common, id: 'board', type: 'ws-status', link: 'device', wires: [[]] },
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
});
