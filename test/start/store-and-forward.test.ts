import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { WebSocketServer } from 'ws';
import { asObject } from '../package/project';
import { Demo, freePort, idOf } from './demo';
import { exampleIn, flowOf } from './example';
import { until } from '../harness/until';

const flow = flowOf('Store and forward');

/** A server that gives receipts, and that can be stopped. */
class ReceiptServer {
  readonly #port: number;
  #server: WebSocketServer | undefined;
  /** Every reading with its key, those that came twice as well. */
  readonly received: { readonly key: string; readonly number: number }[] = [];
  /** How many of the next readings it takes and then ends the connection instead of giving a receipt. */
  withoutReceipt = 0;

  constructor(port: number) {
    this.#port = port;
  }

  get uri(): string {
    return `ws://127.0.0.1:${this.#port}/server`;
  }

  get numbers(): number[] {
    return this.received.map(({ number }) => number);
  }

  async start(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.#port });
    await once(server, 'listening');
    this.#server = server;
    server.on('connection', (socket) => {
      socket.on('message', (data: Buffer) => {
        const { id, key, reading } = asObject(JSON.parse(data.toString()), 'message');
        const { number } = asObject(reading, 'reading');
        this.received.push({ key: String(key), number: Number(number) });
        if (this.withoutReceipt-- > 0) socket.terminate();
        else socket.send(JSON.stringify({ id }));
      });
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.#server?.clients ?? []) socket.terminate();
    await new Promise((resolve) => this.#server?.close(resolve));
  }
}

describe('the example "Store and forward" with a server that stops', () => {
  let server: ReceiptServer;
  let demo: Demo;
  const queue = idOf(flow, 'function', 'queue');
  const kept = (count: number) =>
    until(() => demo.statusOf(queue) === `${count} kept`, `${count} kept`);
  const numbers = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

  before(async () => {
    server = new ReceiptServer(await freePort());
    await server.start();
    demo = await Demo.start({
      flows: flow.map((node) => (node.type === 'ws-open' ? { ...node, uri: server.uri } : node)),
    });
  });
  after(async () => {
    await server.stop();
    await demo.dispose();
  });

  it('server stopped, then started: it gets all readings, once and in order', async () => {
    const { press, debug } = exampleIn(demo, 'Store');
    await press('take five readings');
    await until(() => server.numbers.length === 5, 'the first five readings');
    await kept(0);
    await server.stop();
    for (let time = 0; time < 4; time++) await press('take five readings');
    await kept(20);
    await server.start();
    await kept(0);
    assert.deepEqual(server.numbers, numbers(25));
    assert.deepEqual(debug('sent again'), []);
    assert.deepEqual(debug('problem'), []);
  });

  it('connection lost before the receipt: that reading comes again with its key, and the flow says so', async () => {
    const { press, debug } = exampleIn(demo, 'Store');
    server.withoutReceipt = 1;
    await press('take five readings');
    await until(() => server.numbers.length === 6 + 25, 'five readings and a repetition');
    await kept(0);
    assert.deepEqual(server.numbers, [...numbers(26), 26, ...numbers(30).slice(26)]);
    assert.equal(server.received[25]?.key, server.received[26]?.key);
    assert.deepEqual(debug('sent again'), ['REPLY_LOST: reading 26']);
  });
});
