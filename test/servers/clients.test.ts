import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Aedes } from 'aedes';
import { WebSocket as EngineTransport } from 'engine.io-client';
import { buildSchema } from 'graphql';
import { createClient } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import * as homeAssistant from 'home-assistant-js-websocket';
import mqtt from 'mqtt';
import { Server as SocketIoServer } from 'socket.io';
import { io } from 'socket.io-client';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { homeAssistantServer } from './home-assistant-server';
import { whyNoPty } from '../harness/port/pty';
import { until } from '../harness/until';
import { serverHarness } from './server-harness';

const boards = [
  { firmware: 'C', port: 'tcp' },
  { firmware: 'D', port: 'tcp' },
  { firmware: 'C', port: 'pty' },
  { firmware: 'D', port: 'pty' },
] as const;

for (const { firmware, port } of boards) {
  const skip = port === 'pty' ? (whyNoPty() ?? false) : false;
  const title = `clients from npm, on class ${firmware} over ${port === 'pty' ? 'a serial port (pty)' : 'TCP'}`;
  describe(title, { timeout: 300_000, skip }, () => {
    it('socket.io-client talks to socket.io, also after a restart of the device', async () => {
      await using harness = await serverHarness(firmware, port);
      const server = new SocketIoServer(harness.http);
      server.on('connection', (socket) => {
        socket.emit('welcome', socket.id);
        socket.on('add', (a: number, b: number, reply: (sum: number) => void) => reply(a + b));
      });
      const WebSocket = harness.webSocketClass();
      class Transport extends EngineTransport {
        override createSocket(uri: string, protocols: string | string[] | undefined) {
          return protocols ? new WebSocket(uri, protocols) : new WebSocket(uri);
        }
      }
      const client = io(`http://${harness.host}`, {
        transports: [Transport],
        reconnectionDelay: 100,
      });
      harness.atEnd(() => server.close());
      harness.atEnd(() => client.close());
      const welcomes: string[] = [];
      client.on('welcome', (id: string) => welcomes.push(id));
      await until(() => welcomes.length === 1, 'the welcome');
      assert.equal(await client.timeout(5000).emitWithAck('add', 1, 2), 3);
      await harness.restart();
      await until(() => welcomes.length === 2, 'the welcome after a restart');
      assert.equal(await client.timeout(5000).emitWithAck('add', 3, 4), 7);
    });

    it('mqtt.js talks to aedes, also after a restart of the device', async () => {
      await using harness = await serverHarness(firmware, port);
      const broker = await Aedes.createBroker();
      const server = new WebSocketServer({ server: harness.http });
      server.on('connection', (socket) => broker.handle(createWebSocketStream(socket)));
      const WebSocket = harness.webSocketClass({ unknownKind: 'binary' });
      const client = mqtt.connect(`ws://${harness.host}/mqtt`, {
        createWebsocket: (url: string, protocols: string[]) => new WebSocket(url, protocols),
        reconnectPeriod: 100,
      });
      harness.atEnd(() => broker.close());
      harness.atEnd(() => server.close());
      harness.atEnd(() => client.endAsync(true));
      const got: string[] = [];
      client.on('message', (topic, payload) => got.push(`${topic} ${payload.toString()}`));
      await client.subscribeAsync('line/#');
      await client.publishAsync('line/1', 'one', { qos: 1 });
      await until(() => got.length === 1, 'the first message');
      let connects = 0;
      client.on('connect', () => connects++);
      await harness.restart();
      await until(() => connects === 1, 'the reconnect');
      await client.publishAsync('line/2', Buffer.alloc(2000, 'x'), { qos: 1 });
      await until(() => got.length === 2, 'the second message');
      assert.deepEqual(got, ['line/1 one', `line/2 ${'x'.repeat(2000)}`]);
    });

    it('the graphql-ws client talks to its server, also after a restart of the device', async () => {
      await using harness = await serverHarness(firmware, port);
      const server = new WebSocketServer({
        server: harness.http,
        path: '/graphql',
        handleProtocols: () => 'graphql-transport-ws',
      });
      const schema = buildSchema('type Query { hello(name: String): String }');
      const roots = { query: { hello: ({ name }: { name: string }) => `hello ${name}` } };
      useServer({ schema, roots }, server);
      let closes = 0;
      const client = createClient({
        url: `ws://${harness.host}/graphql`,
        webSocketImpl: harness.webSocketClass({ open: { framing: { by: 'json' } } }),
        lazy: false,
        retryAttempts: 50,
        retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
        shouldRetry: () => true,
        onNonLazyError: () => undefined,
        on: { closed: () => closes++ },
      });
      const hello = (name: string) =>
        new Promise<unknown>((resolve, reject) => {
          client.subscribe(
            { query: `{ hello(name: "${name}") }` },
            { next: ({ data }) => resolve(data), error: reject, complete: () => undefined },
          );
        });
      harness.atEnd(() => server.close());
      harness.atEnd(() => client.dispose());
      assert.equal(JSON.stringify(await hello('one')), '{"hello":"hello one"}');
      await harness.restart();
      await until(() => closes > 0, 'the loss');
      assert.equal(JSON.stringify(await hello('two')), '{"hello":"hello two"}');
    });

    it('a link gets the auth_required that Home Assistant sends with its 101', async () => {
      await using harness = await serverHarness(firmware, port);
      const server = homeAssistantServer(harness.http, 'secret');
      const [link] = harness.device.links;
      const told: string[] = [];
      link.on('statechange', ({ to }) => told.push(to));
      link.on('message', ({ bytes }) => told.push(bytes.toString()));
      harness.atEnd(() => server.close());
      // Else the device's own ping would free the message after 10 s.
      const config = { pingIntervalMs: 7_200_000 };
      await link.open({ uri: `ws://${harness.host}/api/websocket`, config });
      await until(() => told.length > 2, 'auth_required');
      assert.deepEqual(told, [
        'opening',
        'open',
        '{"type":"auth_required","ha_version":"2026.11.0"}',
      ]);
    });

    it("Home Assistant's client authenticates and subscribes, also after a restart of the device", async () => {
      await using harness = await serverHarness(firmware, port);
      const server = homeAssistantServer(harness.http, 'secret');
      const before: unknown = Reflect.get(globalThis, 'WebSocket');
      Reflect.set(
        globalThis,
        'WebSocket',
        harness.webSocketClass({ open: { framing: { by: 'json' } } }),
      );
      const auth = homeAssistant.createLongLivedTokenAuth(`http://${harness.host}`, 'secret');
      const connection = await homeAssistant.createConnection({ auth });
      harness.atEnd(() => server.close());
      harness.atEnd(() => Reflect.set(globalThis, 'WebSocket', before));
      harness.atEnd(() => connection.close());
      assert.deepEqual(await homeAssistant.getStates(connection), []);
      const events: unknown[] = [];
      await connection.subscribeEvents((event) => events.push(event), 'alarm');
      server.fire({ event_type: 'alarm', data: { level: 1 } });
      await until(() => events.length === 1, 'the event');
      let ready = 0;
      connection.addEventListener('ready', () => ready++);
      await harness.restart();
      await until(() => ready === 1, 'ready after a restart');
      await until(() => server.subscriptions === 1, 'the subscription after a restart');
      server.fire({ event_type: 'alarm', data: { level: 2 } });
      await until(() => events.length === 2, 'the event after a restart');
    });
  });
}
