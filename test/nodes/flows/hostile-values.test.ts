import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runInThisContext } from 'node:vm';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { wholeFlow } from '../../harness/nodes/flows';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { NodeWatch } from '../../verification/deployments/node-watch';
import { turns } from '../../harness/nodes/turns';

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
  ...['fin', 'code', 'reason', 'topic'],
];
const nodes = ['open', 'send', 'close', 'status'];

onEachRuntime('nodes with hostile values in a message', (nodeRed) => {
  for (const [name, make] of hostile) {
    it(`${name}: each input ends once`, async () => {
      const rejected: unknown[] = [];
      const note = (reason: unknown): void => void rejected.push(reason);
      process.on('unhandledRejection', note).on('uncaughtException', note);
      const watch = new NodeWatch();
      nodeRed.onNode = (node) => watch.created(node);
      try {
        const open = { uri: 'ws://server/{{path}}{{msg.path.deep}}', subprotocol: '{{topic}}' };
        await nodeRed.load(() => new FakeDevice(), wholeFlow({ open }));
        const ids: string[] = [];
        for (const node of nodes) {
          for (const field of fields) {
            const _msgid = `${node}.${field}`;
            ids.push(_msgid);
            nodeRed.give(node, { payload: 'x', linkId: 0, [field]: make(), _msgid });
          }
        }
        await turns(50);
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
