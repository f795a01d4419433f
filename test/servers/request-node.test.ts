import assert from 'node:assert/strict';
import { afterEach, beforeEach, it } from 'node:test';
import type { NodeMessage } from 'node-red';
import { WebSocketServer, type WebSocket } from 'ws';
import { isObject } from '../../driver/link/request/json-path';
import { catchNodes, deviceNode, helpers } from '../harness/nodes/flows';
import { codeOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { until } from '../harness/until';
import { ocppServer } from './ocpp-server';
import { serverHarness } from './server-harness';

for (const firmware of ['C', 'D'] as const)
  onEachRuntime(`ws-request with servers from npm, class ${firmware}`, (nodeRed) => {
    let harness: Awaited<ReturnType<typeof serverHarness>>;
    beforeEach(async () => {
      harness = await serverHarness(firmware);
      harness.atEnd(() => nodeRed.unload());
    });
    afterEach(() => harness[Symbol.asyncDispose]());

    /** ws-open and ws-request on the device, and a Catch node; the link is open. */
    async function begin(request: object, open: object = {}): Promise<void> {
      const common = { z: 'tab', device: 'device', link: '0' };
      const uri = `ws://${harness.host}/CP1`;
      await nodeRed.load(
        () => harness.device,
        [
          { id: 'tab', type: 'tab' },
          deviceNode(),
          {
            ...common,
            id: 'open',
            type: 'ws-open',
            uri,
            joining: 'json',
            output: 'json',
            ...open,
            wires: [['in'], ['state']],
          },
          {
            ...common,
            id: 'request',
            type: 'ws-request',
            ...request,
            wires: [['reply'], ['late']],
          },
          ...helpers('in', 'state', 'reply', 'late'),
          ...catchNodes(),
        ],
      );
      await openLink();
    }

    async function openLink(): Promise<void> {
      nodeRed.give('open');
      for (;;) if ((await nodeRed.next('state')).event === 'opened') return;
    }

    /** A server from the package ws that hands each text to `answer`. */
    function beginWs(
      request: object,
      answer: (text: string, socket: WebSocket) => void,
    ): Promise<void> {
      const server = new WebSocketServer({ server: harness.http });
      harness.atEnd(() => server.close());
      server.on('connection', (socket) => {
        socket.on('message', (data: Buffer) => answer(data.toString(), socket));
      });
      return begin(request);
    }

    const idOf = (text: string): unknown => {
      const request: unknown = JSON.parse(text);
      return isObject(request) ? request.id : undefined;
    };

    it('JSON-RPC by the property path id: three calls at once, answered in reverse, get their own results', async () => {
      const calls: string[] = [];
      await beginWs({ replies: 'here' }, (text, socket) => {
        if (calls.push(text) < 3) return;
        socket.send('{"jsonrpc":"2.0","method":"news"}');
        for (const call of calls.reverse())
          socket.send(JSON.stringify({ jsonrpc: '2.0', id: idOf(call), result: call.length }));
      });
      const methods = ['a', 'bcd', 'efghi'];
      for (const method of methods)
        nodeRed.give('request', { topic: method, payload: { jsonrpc: '2.0', method } });
      const replies: NodeMessage[] = [];
      while (replies.length < methods.length) replies.push(await nodeRed.next('reply'));
      assert.deepEqual(
        replies.map(({ topic, payload }) => [topic, isObject(payload) && payload.result]),
        calls.map((call, index) => [methods[2 - index], call.length]),
      );
      assert.deepEqual((await nodeRed.next('in')).payload, { jsonrpc: '2.0', method: 'news' });
      assert.deepEqual(nodeRed.waiting('in'), [], 'replies do not reach ws-open');
    });

    it('by another path in request and reply: finds the reply there', async () => {
      await beginWs({ requestPath: 'head.seq', replyPath: 'for[0]' }, (text, socket) => {
        const { head } = JSON.parse(text) as { head: { seq: number } };
        socket.send(JSON.stringify({ for: [head.seq + 1] }));
        socket.send(JSON.stringify({ for: [head.seq], seq: 'right' }));
      });
      nodeRed.give('request', { topic: 'mine', payload: { head: { seq: 7 } } });
      const { topic, payload } = await nodeRed.next('reply');
      assert.deepEqual([topic, payload], ['mine', { for: [7], seq: 'right' }]);
    });

    it('OCPP by the position in the array: a boot is accepted, an unknown action is an error with its code', async () => {
      const server = ocppServer(harness.http);
      harness.atEnd(() => server.close());
      await begin({ match: 'array', replies: 'here' }, { subprotocol: 'ocpp1.6' });
      const model = { chargePointModel: 'M', chargePointVendor: 'V' };
      nodeRed.give('request', { topic: 'boot', payload: [2, '', 'BootNotification', model] });
      const { topic, payload } = await nodeRed.next('reply');
      assert.ok(Array.isArray(payload));
      assert.deepEqual(
        [topic, payload[0], payload[2]],
        ['boot', 3, { status: 'Accepted', interval: 300 }],
      );
      nodeRed.give('request', { topic: 'unknown', payload: [2, 'u1', 'Nonsense', {}] });
      const caught = await nodeRed.next('caught');
      assert.deepEqual([codeOf(caught), caught.topic], ['REPLY_ERROR', 'unknown']);
    });

    it('by a JSONata condition: takes the message for which it holds', async () => {
      const condition = 'reply.payload.re = request.payload.name and reply.payload.last';
      await beginWs({ match: 'jsonata', condition }, (text, socket) => {
        const { name } = JSON.parse(text) as { name: string };
        for (const [re, last] of [
          ['other', true],
          [name, false],
          [name, true],
        ])
          socket.send(JSON.stringify({ re, last }));
      });
      nodeRed.give('request', { payload: { name: 'pump' } });
      assert.deepEqual((await nodeRed.next('reply')).payload, { re: 'pump', last: true });
      const others = [await nodeRed.next('in'), await nodeRed.next('in'), await nodeRed.next('in')];
      assert.deepEqual(
        others.map(({ payload }) => payload),
        [
          { re: 'other', last: true },
          { re: 'pump', last: false },
          { re: 'pump', last: true },
        ],
      );
    });

    it('by the next message: the server gets a request only after it has answered the one before', async () => {
      const heard: string[] = [];
      await beginWs({ match: 'next', output: 'string' }, (text, socket) => {
        // The link sends in order: a request that does not wait comes before the mark.
        if (text === 'mark') socket.send(JSON.stringify({ to: heard.at(-1) }));
        heard.push(text);
      });
      for (const payload of ['one', 'two', 'three']) nodeRed.give('request', { payload });
      for (const text of ['one', 'two', 'three']) {
        await until(() => heard.includes(text), `the server gets ${text}`);
        await harness.device.link(0).send('mark');
        assert.equal((await nodeRed.next('reply')).payload, `{"to":"${text}"}`);
      }
      assert.deepEqual(heard, ['one', 'mark', 'two', 'mark', 'three', 'mark']);
    });

    it('a reply after the timeout: REPLY_TIMEOUT at the Catch node, the reply at the second output only', async () => {
      const late: (() => void)[] = [];
      await beginWs({ late: 'output', replies: 'here', timeout: '1500' }, (text, socket) => {
        const reply = JSON.stringify({ id: idOf(text), to: text });
        if (idOf(text) === 1) late.push(() => socket.send(reply));
        else socket.send(reply);
      });
      nodeRed.give('request', { topic: 'slow', payload: { id: 1 } });
      const caught = await nodeRed.next('caught');
      assert.deepEqual([codeOf(caught), caught.topic], ['REPLY_TIMEOUT', 'slow']);
      assert.deepEqual(caught.payload, { id: 1 });
      nodeRed.give('request', { topic: 'quick', payload: { id: 2 } });
      late[0]?.();
      const reply = await nodeRed.next('reply');
      assert.deepEqual([reply.topic, reply.payload], ['quick', { id: 2, to: '{"id":2}' }]);
      const other = await nodeRed.next('late');
      assert.deepEqual([other.topic, other.payload], ['slow', { id: 1, to: '{"id":1}' }]);
      const left = ['in', 'reply', 'late', 'caught'].map((box) => nodeRed.waiting(box).length);
      assert.deepEqual(left, [0, 0, 0, 0]);
    });

    it('a link lost before the reply: REPLY_LOST at the Catch node', async () => {
      await beginWs({}, (_text, socket) => socket.terminate());
      nodeRed.give('request', { topic: 'lost', payload: { id: 'a' } });
      const caught = await nodeRed.next('caught');
      assert.deepEqual([codeOf(caught), caught.topic], ['REPLY_LOST', 'lost']);
      assert.deepEqual(caught.payload, { id: 'a' });
    });

    it('a link that the server closes before the reply: REPLY_LOST; the same ID is answered once it is open again', async () => {
      let count = 0;
      await beginWs({}, (text, socket) => {
        if (count++ === 0) socket.close(1011);
        else socket.send(JSON.stringify({ id: idOf(text), done: true }));
      });
      nodeRed.give('request', { topic: 'lost', payload: { id: 'a' } });
      assert.equal(codeOf(await nodeRed.next('caught')), 'REPLY_LOST');
      await openLink();
      nodeRed.give('request', { topic: 'again', payload: { id: 'a' } });
      const { topic, payload } = await nodeRed.next('reply');
      assert.deepEqual([topic, payload], ['again', { id: 'a', done: true }]);
    });
  });
