import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { NodeMessage } from 'node-red';
import { helpers, userNode, wholeFlow } from '../../harness/nodes/flows';
import { harnessFlow } from '../../harness/nodes/harness-flow';
import { codeOf } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';

const URI = 'ws://host/echo';

onEachRuntime('properties of a message', (nodeRed) => {
  const beginFlow = harnessFlow(nodeRed);

  async function begin(): Promise<void> {
    const node = (id: string, type: string, link: string) =>
      userNode(id, type, { link, wires: [['out'], ['late']] });
    const more = [
      node('request', 'ws-request', 'msg'),
      node('device-status', 'ws-status', 'device'),
      node('link-status', 'ws-status', '0'),
      ...helpers('out', 'late'),
    ];
    await beginFlow([...wholeFlow(), ...more]);
    nodeRed.give('open', { linkId: 0, uri: URI });
    await nodeRed.event('state', 'opened');
  }

  /** Properties that no node of this package knows, some as other nodes make them. */
  const strange = () => ({
    topic: 'mine/and yours',
    parts: { id: 'a', index: 0, count: 3 },
    req: { params: { id: 1 }, get: () => 'x' },
    res: { send: () => undefined },
    _event: 'node:1',
    socketid: 7,
    _session: { type: 'websocket', id: 'abc' },
    ui_control: { deep: [{ down: Buffer.from([0, 255]) }] },
    statusCode: 0,
    complete: false,
    empty: '',
    nothing: null,
    date: new Date(0),
    columns: 'a,b',
    filename: 'file',
  });

  const link = { linkId: 0, uri: URI, payload: 2, state: 'established' };
  const device = { payload: 'ready', state: 'ready', device: 'board', firmware: 'D' };
  /** What each node changes in a message; it passes on all the rest. */
  const nodes: readonly (readonly [
    node: string,
    output: string,
    known: object,
    changed: object,
  ])[] = [
    ['open', 'state', { linkId: 0, uri: URI, payload: 'x' }, { ...link, event: 'opened' }],
    [
      'send',
      'sent',
      { linkId: 0, payload: Buffer.of(1), opcode: 'binary', fin: true, timeout: 900 },
      {},
    ],
    ['request', 'out', { linkId: 0, payload: { id: 9, a: 1 }, timeout: 900 }, {}],
    ['close', 'closed', { linkId: 0, payload: 'x', code: 3000, reason: 'done' }, {}],
    ['link-status', 'out', { payload: 'x' }, { ...link, event: 'asked' }],
    [
      'device-status',
      'out',
      { payload: 'x', linkId: 'not for it' },
      { ...device, event: 'asked', links: [2, 0, 0] },
    ],
  ];
  for (const [node, output, known, changed] of nodes)
    it(`${node}: passes on the topic and every property that it does not know`, async () => {
      await begin();
      // The links' nodes tell of the opening, too.
      for (const box of ['out', 'news'])
        while (nodeRed.waiting(box).length > 0) await nodeRed.next(box);
      const others = strange();
      nodeRed.give(node, { _msgid: 'abc', ...others, ...known });
      const got = await answerTo('abc', output);
      assert.deepEqual(got, { _msgid: 'abc', ...others, ...known, ...changed });
      assert.deepEqual(nodeRed.waiting('caught'), []);
    });

  for (const node of ['open', 'send', 'request', 'close', 'status'])
    it(`${node}, which fails: a Catch node gets the message as it was, and the error`, async () => {
      await begin();
      const others = strange();
      const known = { linkId: 7, payload: 'x', uri: URI };
      nodeRed.give(node, { _msgid: 'abc', ...others, ...known });
      const { error, ...got } = await nodeRed.next('caught');
      assert.equal(codeOf({ error }), 'INVALID_LINK');
      assert.deepEqual(got, { _msgid: 'abc', ...others, ...known });
    });

  async function answerTo(id: string, output: string): Promise<NodeMessage> {
    for (;;) {
      const msg = await nodeRed.next(output);
      if (msg._msgid === id) return msg;
    }
  }
});
