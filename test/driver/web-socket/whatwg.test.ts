import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WebSocketClassOptions } from '../../../driver/web-socket/options';
import type { DeviceWebSocket } from '../../../driver/web-socket/web-socket';
import { Harness, type HarnessOptions } from '../../harness/harness';

// By the sections of https://websockets.spec.whatwg.org

const URI = 'ws://host/plain';

async function classHarness(options: HarnessOptions = {}, settings: WebSocketClassOptions = {}) {
  const harness = new Harness(options);
  await harness.ready();
  const WebSocket = harness.device.webSocketClass(settings);
  const opened = async (path = 'plain', protocols?: string | string[]) => {
    const socket = new WebSocket(`ws://host/${path}`, protocols);
    await harness.clock.until(() => socket.readyState !== 0, 20_000);
    assert.equal(socket.readyState, 1);
    await harness.clock.advance(10);
    return socket;
  };
  return {
    harness,
    WebSocket,
    opened,
    /** Has the server send a frame, and lets it arrive. */
    serve: async (opcode: number, payload: Buffer | string) => {
      harness.server.connections.at(-1)?.send({ fin: true, opcode, payload: Buffer.from(payload) });
      await harness.clock.advance(20);
    },
    /** The data frames that the server has received on the last connection. */
    frames: () =>
      (harness.server.connections.at(-1)?.frames ?? []).filter(({ opcode }) => opcode < 8),
  };
}

/** What a socket tells, in order. */
function story(socket: DeviceWebSocket): string[] {
  const told: string[] = [];
  socket.addEventListener('open', () => told.push(`open ${socket.readyState}`));
  socket.addEventListener('error', () => told.push(`error ${socket.readyState}`));
  socket.onclose = ({ code, reason, wasClean }) =>
    told.push(`close ${socket.readyState} ${code} ${JSON.stringify(reason)} ${wasClean}`);
  return told;
}

const named = (name: string) => (error: unknown) =>
  error instanceof DOMException && error.name === name;

describe('2.1 the WebSocket interface: constructor', () => {
  it('throws SyntaxError for what is no URL, another scheme, and a fragment', async () => {
    const { harness, WebSocket } = await classHarness();
    for (const url of [
      '',
      'host',
      '/path',
      'ws://',
      'ws://a b/',
      'ftp://host/',
      'mailto:a',
      'ws://h/#x',
      'ws://h/#',
    ])
      assert.throws(() => new WebSocket(url), named('SyntaxError'), url);
    await harness.end();
  });

  it('takes a string or a URL, changes http to ws, and serializes the URL', async () => {
    const { harness, WebSocket } = await classHarness();
    const url = (given: string | URL) => {
      const socket = new WebSocket(given);
      socket.close();
      return socket.url;
    };
    assert.equal(url('WS://HOST:80/a b?ä'), 'ws://host/a%20b?%C3%A4');
    assert.equal(url(new URL('https://host')), 'wss://host/');
    assert.equal(url('http://host:8080'), 'ws://host:8080/');
    await harness.end();
  });

  it('throws SyntaxError for a subprotocol that is no token, or comes twice', async () => {
    const { harness, WebSocket } = await classHarness();
    for (const protocols of ['', 'a b', 'a,b', 'ä', ['a', 'A'], ['a', 'b', 'a'], [''], 'a\r\nX: y'])
      assert.throws(() => new WebSocket(URI, protocols), named('SyntaxError'), String(protocols));
    await harness.end();
  });

  it('asks for all subprotocols, and tells the only one once open', async () => {
    const { harness, opened, WebSocket } = await classHarness();
    const one = await opened('plain', 'chat');
    assert.deepEqual([one.protocol, one.extensions], ['chat', '']);
    const two = await opened('plain', ['a', 'b']);
    assert.equal(two.protocol, '');
    const asked = harness.server.requests.map(
      ({ headers }) => headers.find(([name]) => name === 'Sec-WebSocket-Protocol')?.[1],
    );
    assert.deepEqual(asked, ['chat', 'a, b']);
    assert.equal(new WebSocket(URI, 'x').protocol, '');
    await harness.end();
  });

  it('returns in CONNECTING, with the constants on class and object', async () => {
    const { harness, WebSocket } = await classHarness();
    const socket = new WebSocket(URI);
    assert.deepEqual(
      [socket.readyState, socket.binaryType, socket.bufferedAmount, socket.protocol],
      [0, 'blob', 0, ''],
    );
    const { CONNECTING, OPEN, CLOSING, CLOSED } = WebSocket;
    assert.deepEqual([CONNECTING, OPEN, CLOSING, CLOSED], [0, 1, 2, 3]);
    assert.deepEqual([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED], [0, 1, 2, 3]);
    assert.equal(WebSocket.name, 'WebSocket');
    assert.ok(socket instanceof EventTarget && socket instanceof WebSocket);
    await harness.end();
  });
});

describe('2.1 close()', () => {
  it('throws InvalidAccessError for a code but 1000 and 3000-4999, and SyntaxError for a long reason', async () => {
    const { harness, opened } = await classHarness();
    const socket = await opened();
    for (const code of [0, 999, 1001, 1005, 2999, 5000, -1, NaN, 70_000])
      assert.throws(() => socket.close(code), named('InvalidAccessError'), String(code));
    assert.throws(() => socket.close(1000, 'ü'.repeat(62)), named('SyntaxError'));
    assert.equal(socket.readyState, 1);
    await harness.end();
  });

  it('sends code and reason in a close frame, and ends clean', async () => {
    const { harness, opened } = await classHarness();
    const socket = await opened();
    const told = story(socket);
    socket.close(3333, 'bye ü');
    assert.equal(socket.readyState, 2);
    socket.close();
    await harness.clock.advance(2000);
    const frame = harness.server.connections[0]?.frames.find(({ opcode }) => opcode === 8);
    assert.deepEqual(frame?.payload, Buffer.concat([Buffer.of(13, 5), Buffer.from('bye ü')]));
    assert.deepEqual(told, ['close 3 3333 "bye ü" true']);
    await harness.end();
  });

  it('sends what was given to send() before', async () => {
    const { harness, opened, frames } = await classHarness();
    const socket = await opened();
    for (const text of ['one', 'two']) socket.send(text);
    socket.close();
    await harness.clock.advance(2000);
    assert.deepEqual(
      frames().map(({ payload }) => payload.toString()),
      ['one', 'two'],
    );
    await harness.end();
  });

  it('in CONNECTING fails the connection', async () => {
    const { harness, WebSocket } = await classHarness();
    const socket = new WebSocket('ws://host/slow=3000');
    const told = story(socket);
    await harness.clock.advance(500);
    socket.close();
    assert.equal(socket.readyState, 2);
    await harness.clock.advance(10_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    await harness.end();
  });
});

describe('2.1 send()', () => {
  it('throws InvalidStateError in CONNECTING', async () => {
    const { harness, WebSocket } = await classHarness();
    const socket = new WebSocket(URI);
    assert.throws(() => socket.send('x'), named('InvalidStateError'));
    await harness.end();
  });

  it('sends strings as text, and Blob, ArrayBuffer and views as binary, in order', async () => {
    const { harness, opened, frames } = await classHarness();
    const socket = await opened();
    const bytes = Uint8Array.of(1, 2, 3);
    socket.send('text \ud800');
    socket.send(bytes.buffer);
    socket.send(bytes.subarray(1));
    socket.send(new DataView(bytes.buffer, 2));
    bytes.fill(9);
    socket.send(new Blob(['blob']));
    socket.send('behind');
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      await harness.clock.advance(10);
    }
    assert.deepEqual(
      frames().map(({ opcode, payload }) => [opcode, payload.toString()]),
      [
        [1, 'text \ufffd'],
        [2, '\x01\x02\x03'],
        [2, '\x02\x03'],
        [2, '\x03'],
        [2, 'blob'],
        [1, 'behind'],
      ],
    );
    await harness.end();
  });

  it('raises bufferedAmount at once, and lowers it once sent; never after close()', async () => {
    const { harness, opened } = await classHarness();
    const socket = await opened();
    socket.send('grüß');
    socket.send(new Uint8Array(10));
    assert.equal(socket.bufferedAmount, 16);
    await harness.clock.advance(100);
    assert.equal(socket.bufferedAmount, 0);
    socket.close();
    socket.send('late');
    await harness.clock.advance(2000);
    assert.equal(socket.bufferedAmount, 4);
    await harness.end();
  });
});

describe('3 feedback from the protocol', () => {
  it('fires open after the constructor has returned, in OPEN', async () => {
    const { harness, WebSocket } = await classHarness();
    const socket = new WebSocket(URI);
    const told = story(socket);
    await harness.clock.advance(1000);
    assert.deepEqual(told, ['open 1']);
    await harness.end();
  });

  it('fires message with a string, and binary by binaryType, with the origin', async () => {
    const { harness, opened, serve } = await classHarness();
    const socket = await opened();
    const got: MessageEvent[] = [];
    socket.onmessage = (event) => got.push(event);
    await serve(1, 'grüß');
    await serve(2, 'a');
    Reflect.set(socket, 'binaryType', 'nonsense');
    assert.equal(socket.binaryType, 'blob');
    socket.binaryType = 'arraybuffer';
    await serve(2, 'b');
    socket.binaryType = 'nodebuffer';
    await serve(2, 'c');
    const [text, blob, buffer, node] = got.map(({ data }: { data: unknown }) => data);
    assert.equal(text, 'grüß');
    assert.ok(blob instanceof Blob && blob.size === 1);
    assert.ok(buffer instanceof ArrayBuffer);
    assert.deepEqual(Buffer.from(buffer).toString(), 'b');
    assert.deepEqual(node, Buffer.from('c'));
    assert.ok(got.every(({ origin, type }) => origin === 'ws://host' && type === 'message'));
    await harness.end();
  });

  it('fires no message once it is closing', async () => {
    const { harness, opened, serve } = await classHarness();
    const socket = await opened();
    const got: unknown[] = [];
    socket.onmessage = ({ data }) => got.push(data);
    harness.server.behavior.answersCloses = false;
    socket.close();
    await serve(1, 'late');
    assert.deepEqual(got, []);
    await harness.end();
  });

  it('a server that closes: close, clean, with 1005, which stands for any code', async () => {
    const { harness, opened } = await classHarness();
    const told = story(await opened());
    harness.server.connections[0]?.close(4000, 'enough');
    await harness.clock.advance(2000);
    assert.deepEqual(told, ['close 3 1005 "" true']);
    await harness.end();
  });

  it('a lost connection: error, then close with 1006, and the device does not reconnect', async () => {
    const { harness, opened } = await classHarness();
    const told = story(await opened());
    harness.server.connections[0]?.reset();
    await harness.clock.advance(60_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    assert.equal(harness.server.connections.length, 1);
    await harness.end();
  });

  it('a restart of the device: error, then close with 1006', async () => {
    const { harness, opened } = await classHarness();
    const told = story(await opened());
    harness.simulator.restart();
    await harness.clock.advance(10_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    await harness.end();
  });

  it('a refused connection: error that tells why, then close with 1006', async () => {
    const { harness, WebSocket } = await classHarness();
    const socket = new WebSocket('ws://host/401');
    const told = story(socket);
    const codes: string[] = [];
    socket.onerror = ({ error }) => codes.push(error.code);
    await harness.clock.advance(20_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    assert.deepEqual(codes, ['OPEN_FAILED']);
    await harness.end();
  });

  it('text that is not UTF-8 fails the connection with a close frame 1007', async () => {
    const { harness, opened, serve } = await classHarness();
    const told = story(await opened());
    await serve(1, Buffer.from([0xff]));
    await harness.clock.advance(2000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    const frame = harness.server.connections[0]?.frames.find(({ opcode }) => opcode === 8);
    assert.equal(frame?.payload.readUInt16BE(), 1007);
    await harness.end();
  });
});

describe('event handlers (HTML, section 8.1.8)', () => {
  it('are null, keep their place among listeners, and take functions only', async () => {
    const { harness, opened, serve } = await classHarness();
    const socket = await opened();
    assert.deepEqual(
      [socket.onopen, socket.onmessage, socket.onerror, socket.onclose],
      [null, null, null, null],
    );
    const order: string[] = [];
    socket.onmessage = () => order.push('first');
    socket.addEventListener('message', () => order.push('listener'));
    socket.onmessage = () => order.push('handler');
    await serve(1, 'x');
    assert.deepEqual(order, ['handler', 'listener']);
    Reflect.set(socket, 'onmessage', 'nonsense');
    assert.equal(socket.onmessage, null);
    await serve(1, 'x');
    assert.deepEqual(order, ['handler', 'listener', 'listener']);
    await harness.end();
  });
});

describe('links of a device', () => {
  it('are three at a time: the fourth fails and says so; a closed one is free again', async () => {
    const { harness, opened, WebSocket } = await classHarness();
    const sockets = [await opened(), await opened(), await opened()];
    const fourth = new WebSocket(URI);
    const told: string[] = [];
    fourth.on('error', ({ message }) => told.push(message));
    fourth.on('close', (code) => told.push(String(code)));
    await harness.clock.advance(1);
    assert.deepEqual(told, [
      'All 3 links of the device are in use. Close a connection, then open this one.',
      '1006',
    ]);
    sockets[1]?.close();
    await harness.clock.advance(3000);
    await opened('again');
    assert.equal(harness.server.connections.at(-1)?.request.target, '/again');
    await harness.end();
  });

  it('that a program opens by itself are left alone', async () => {
    const { harness, opened, WebSocket } = await classHarness();
    for (const id of [0, 1] as const)
      await harness.clock.wait(harness.device.links[id].open({ uri: URI, keepOpen: true }));
    harness.server.connections[0]?.close();
    await harness.clock.advance(1);
    await opened();
    const other = new WebSocket(URI);
    await harness.clock.advance(1);
    assert.equal(other.readyState, 3);
    await harness.end();
  });
});

describe('as the package ws', () => {
  it('emits open, message with a Buffer, and close with code and reason', async () => {
    const { harness, WebSocket, serve } = await classHarness();
    const socket = new WebSocket(URI, [], {
      headers: { 'X-Token': 'abc' },
      handshakeTimeout: 5000,
    });
    const told: unknown[] = [];
    socket.on('open', () => told.push('open'));
    socket.on('message', (data, isBinary) => told.push([data.toString(), isBinary]));
    socket.once('close', (code, reason) => told.push([code, reason.toString()]));
    await harness.clock.advance(1000);
    await serve(1, 'text');
    socket.pause();
    await serve(2, 'bytes');
    assert.deepEqual([told.length, socket.isPaused], [2, true]);
    socket.resume();
    const sent = new Promise((resolve) => socket.send('x', resolve));
    await harness.clock.wait(sent);
    socket.close(1000, 'done');
    await harness.clock.advance(2000);
    assert.deepEqual(told, ['open', ['text', false], ['bytes', true], [1000, 'done']]);
    const header = harness.server.requests[0]?.headers.find(([name]) => name === 'X-Token');
    assert.deepEqual(header, ['X-Token', 'abc']);
    await harness.end();
  });

  it('terminate() ends the connection at once', async () => {
    const { harness, opened } = await classHarness();
    const socket = await opened();
    const told = story(socket);
    socket.terminate();
    assert.deepEqual(told, ['close 3 1006 "" false']);
    await harness.clock.advance(3000);
    assert.equal(harness.server.connections[0]?.open, false);
    await harness.end();
  });
});

describe('on firmware that tells no kinds (class C)', () => {
  for (const [unknownKind, kinds] of [
    ['guess', [false, true]],
    ['text', [false, false]],
    ['binary', [true, true]],
  ] as const)
    it(`messages are text or binary by unknownKind: ${unknownKind}`, async () => {
      const { harness, opened, serve } = await classHarness({ firmware: 'C' }, { unknownKind });
      const socket = await opened();
      const got: boolean[] = [];
      socket.on('message', (_, isBinary) => got.push(isBinary));
      await serve(1, 'text');
      await serve(2, Buffer.from([0xff]));
      assert.deepEqual(got, kinds);
      await harness.end();
    });
});
