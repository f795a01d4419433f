import assert from 'node:assert/strict';
import { describe } from 'node:test';

// By the sections of https://websockets.spec.whatwg.org
import { unchecked } from '../../harness/refused';
import { URI, events, named, test } from './class-harness';

describe('2.1 the WebSocket interface: constructor', () => {
  test('throws SyntaxError for an invalid URL, another scheme, and a fragment', async (harness) => {
    for (const url of [
      ...['', 'host', '/path', 'ws://', 'ws://a b/', 'ftp://host/', 'mailto:a', 'ws://h/#x'],
      'ws://h/#',
    ])
      assert.throws(() => new harness.WebSocket(url), named('SyntaxError'), url);
  });

  for (const [url, message] of [
    ['ws://user:secret@host:99999/', 'The URL is invalid.'],
    ['wss:/user:secret@bad host', 'The URL is invalid.'],
    ['ws://user:secret', 'The URL is invalid.'],
    ['ws://host:99999/?token=secret', 'The URL is invalid.'],
    ['secret:@host', 'The scheme of the URL has to be ws: or wss:.'],
  ] as const)
    test(`refuses ${JSON.stringify(url)} without quoting it`, (harness) => {
      assert.throws(() => new harness.WebSocket(url), { message });
    });

  test('takes a string or a URL, changes http to ws, and serializes the URL', async (harness) => {
    const url = (given: string | URL) => {
      const socket = new harness.WebSocket(given);
      socket.close();
      return socket.url;
    };
    assert.equal(url('WS://HOST:80/a b?ä'), 'ws://host/a%20b?%C3%A4');
    assert.equal(url(new URL('https://host')), 'wss://host/');
    assert.equal(url('http://host:8080'), 'ws://host:8080/');
  });

  test('throws SyntaxError for a subprotocol that is no token, or comes twice', async (harness) => {
    for (const protocols of ['', 'a b', 'a,b', 'ä', ['a', 'A'], ['a', 'b', 'a'], [''], 'a\r\nX: y'])
      assert.throws(
        () => new harness.WebSocket(URI, protocols),
        named('SyntaxError'),
        String(protocols),
      );
  });

  test('requests all subprotocols, and names the only one once open', async (harness) => {
    const one = await harness.opened('plain', 'chat');
    assert.deepEqual([one.protocol, one.extensions], ['chat', '']);
    const two = await harness.opened('plain', ['a', 'b']);
    assert.equal(two.protocol, '');
    const asked = harness.server.requests.map(
      ({ headers }) => headers.find(([name]) => name === 'Sec-WebSocket-Protocol')?.[1],
    );
    assert.deepEqual(asked, ['chat', 'a, b']);
    assert.equal(new harness.WebSocket(URI, 'x').protocol, '');
  });

  test('takes any iterable object as a list of subprotocols', async (harness) => {
    await harness.opened('plain', unchecked(new Set(['a', 'b'])));
    const [request] = harness.server.requests;
    assert.ok(request?.headers.some((header) => header.join() === 'Sec-WebSocket-Protocol,a, b'));
  });

  test('returns in CONNECTING, with the constants on class and object', async (harness) => {
    const socket = new harness.WebSocket(URI);
    assert.deepEqual(
      [socket.readyState, socket.binaryType, socket.bufferedAmount, socket.protocol],
      [0, 'blob', 0, ''],
    );
    const { CONNECTING, OPEN, CLOSING, CLOSED } = harness.WebSocket;
    assert.deepEqual([CONNECTING, OPEN, CLOSING, CLOSED], [0, 1, 2, 3]);
    assert.deepEqual([socket.CONNECTING, socket.OPEN, socket.CLOSING, socket.CLOSED], [0, 1, 2, 3]);
    assert.equal(harness.WebSocket.name, 'WebSocket');
    assert.ok(socket instanceof EventTarget && socket instanceof harness.WebSocket);
  });
});

describe('2.1 close()', () => {
  test('throws InvalidAccessError for a code but 1000 and 3000-4999, and SyntaxError for a long reason', async (harness) => {
    const socket = await harness.opened();
    for (const code of [0, 999, 1001, 1005, 2999, 5000, -1, NaN, 70_000])
      assert.throws(() => socket.close(code), named('InvalidAccessError'), String(code));
    assert.throws(() => socket.close(unchecked('1000x')), named('InvalidAccessError'));
    assert.throws(() => socket.close(1000, 'ü'.repeat(62)), named('SyntaxError'));
    assert.equal(socket.readyState, 1);
  });

  test('sends code and reason in a close frame, and ends clean', async (harness) => {
    const { socket, told } = await harness.heard();
    socket.close(3333, 'bye ü');
    assert.equal(socket.readyState, 2);
    socket.close();
    await harness.clock.advance(2000);
    const frame = harness.server.connections[0]?.frames.find(({ opcode }) => opcode === 8);
    assert.deepEqual(frame?.payload, Buffer.concat([Buffer.of(13, 5), Buffer.from('bye ü')]));
    assert.deepEqual(told, ['close 3 3333 "bye ü" true']);
  });

  test('takes numbers as text, and any reason as text', async (harness) => {
    const { socket, told } = await harness.heard();
    socket.close(unchecked('3333'), unchecked(null));
    await harness.clock.advance(2000);
    assert.deepEqual(told, ['close 3 3333 "null" true']);
  });

  test('first sends the messages of earlier calls of send()', async (harness) => {
    const socket = await harness.opened();
    for (const text of ['one', 'two']) socket.send(text);
    socket.close();
    await harness.clock.advance(2000);
    assert.deepEqual(harness.received(), ['one', 'two']);
  });

  test('in CONNECTING fails the connection', async (harness) => {
    const socket = new harness.WebSocket('ws://host/slow=3000');
    const told = events(socket);
    await harness.clock.advance(500);
    socket.close();
    assert.equal(socket.readyState, 2);
    await harness.clock.advance(10_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
  });
});

describe('2.1 send()', () => {
  test('throws InvalidStateError in CONNECTING', async (harness) => {
    const socket = new harness.WebSocket(URI);
    assert.throws(() => socket.send('x'), named('InvalidStateError'));
  });

  test('sends strings as text, and Blob, ArrayBuffer and views as binary, in order', async (harness) => {
    const socket = await harness.opened();
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
      harness.frames().map(({ opcode, payload }) => `${opcode} ${payload.toString()}`),
      ['1 text \ufffd', '2 \x01\x02\x03', '2 \x02\x03', '2 \x03', '2 blob', '1 behind'],
    );
  });

  test('sends any data as text or as binary where the option binary of ws says so', async (harness) => {
    const socket = await harness.opened();
    const bytes = Buffer.from('bytes');
    socket.send(bytes, { binary: false });
    socket.send(bytes, { binary: true });
    socket.send('text', { binary: true });
    socket.send('text', { binary: false });
    socket.send(new Blob(['blob']), { binary: false });
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      await harness.clock.advance(10);
    }
    assert.deepEqual(
      harness.frames().map(({ opcode, payload }) => `${opcode} ${payload.toString()}`),
      ['1 bytes', '2 bytes', '2 text', '1 text', '1 blob'],
    );
  });

  test('raises bufferedAmount at once, and lowers it once sent; never after close()', async (harness) => {
    const socket = await harness.opened();
    socket.send('grüß');
    socket.send(new Uint8Array(10));
    assert.equal(socket.bufferedAmount, 16);
    await harness.clock.advance(100);
    assert.equal(socket.bufferedAmount, 0);
    socket.close();
    socket.send('late');
    await harness.clock.advance(2000);
    assert.equal(socket.bufferedAmount, 4);
  });
});
