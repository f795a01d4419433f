import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

// By the sections of https://websockets.spec.whatwg.org
import { EspAtError } from '../../../driver/errors';
import { unchecked } from '../../harness/refused';
import { uncaught } from '../../harness/uncaught';
import { URI, classHarness, events, slowBlob, test } from './class-harness';

describe('links of a device', () => {
  test('are three at a time: a fourth connection fails with the reason; a closed link is free again', async (harness) => {
    const sockets = [await harness.opened(), await harness.opened(), await harness.opened()];
    const fourth = new harness.WebSocket(URI);
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
    await harness.opened('again');
    assert.equal(harness.server.connections.at(-1)?.request.target, '/again');
  });

  test('that the program opens itself stay out of use', async (harness) => {
    for (const id of [0, 1] as const)
      await harness.clock.wait(harness.device.links[id].open({ uri: URI, keepOpen: true }));
    harness.server.connections[0]?.close();
    await harness.clock.advance(1);
    await harness.opened();
    const other = new harness.WebSocket(URI);
    await harness.clock.advance(1);
    assert.equal(other.readyState, 3);
  });
});

describe('a link that an open() of the program joins', () => {
  for (const when of ['before it is open', 'once it is open'])
    test(`${when}: the connection opens, receives, and ends when it is lost`, async (harness) => {
      const socket = new harness.WebSocket(URI);
      const told = events(socket);
      socket.on('message', (data) => told.push(data.toString()));
      await harness.clock.advance(when === 'once it is open' ? 1000 : 1);
      assert.equal(socket.readyState, when === 'once it is open' ? 1 : 0);
      await harness.clock.wait(harness.link.open({ uri: URI, owner: 'other' }));
      await harness.arrive(1, 'for both');
      harness.server.connections[0]?.reset();
      await harness.clock.advance(3000);
      assert.deepEqual(told, ['open 1', 'for both', 'error 3', 'close 3 1006 "" false']);
    });

  test('stays open when the connection of the class closes', async (harness) => {
    const { socket, told } = await harness.heard();
    await harness.clock.wait(harness.link.open({ uri: URI }));
    socket.close();
    await harness.clock.advance(3000);
    assert.deepEqual([told, harness.link.state], [['close 3 1000 "" true'], 'open']);
  });
});

describe('as the package ws', () => {
  test('emits open, message with a Buffer, and close with code and reason', async (harness) => {
    const socket = new harness.WebSocket(URI, [], {
      headers: { 'X-Token': 'abc' },
      handshakeTimeout: 5000,
    });
    const told: unknown[] = [];
    socket.on('open', () => told.push('open'));
    socket.on('message', (data, isBinary) => told.push([data.toString(), isBinary]));
    socket.once('close', (code, reason) => told.push([code, reason.toString()]));
    await harness.clock.advance(1000);
    await harness.arrive(1, 'text');
    socket.pause();
    await harness.arrive(2, 'bytes');
    assert.deepEqual([told.length, socket.isPaused], [2, true]);
    socket.resume();
    const sent = new Promise((resolve) => socket.send('x', resolve));
    await harness.clock.wait(sent);
    socket.close(1000, 'done');
    await harness.clock.advance(2000);
    assert.deepEqual(told, ['open', ['text', false], ['bytes', true], [1000, 'done']]);
    const header = harness.server.requests[0]?.headers.find(([name]) => name === 'X-Token');
    assert.deepEqual(header, ['X-Token', 'abc']);
  });

  test('takes null for options, for what is in them, and for a callback', async (harness) => {
    for (const options of [null, { headers: null, handshakeTimeout: null }]) {
      const socket = new harness.WebSocket(URI, [], unchecked(options));
      await harness.clock.advance(1000);
      const sent = new Promise((resolve) => socket.send('x', unchecked(null), resolve));
      assert.equal(await harness.clock.wait(sent), undefined);
      socket.send(Buffer.from('y'), unchecked({ binary: null }), unchecked(null));
      await harness.clock.advance(1000);
      assert.deepEqual(harness.received(), ['x', 'y']);
    }
  });

  test('addListener() adds a listener, removeListener() and off() remove it; once() calls it once', async (harness) => {
    const socket = await harness.opened();
    const told: string[] = [];
    const tell = (name: string) => (data: Buffer) => told.push(`${name} ${data.toString()}`);
    const [added, on] = [tell('added'), tell('on')];
    socket.addListener('message', added).on('message', on).once('message', tell('once'));
    await harness.arrive(1, 'a');
    await harness.arrive(1, 'b');
    socket.removeListener('message', added).off('message', on);
    await harness.arrive(1, 'c');
    assert.deepEqual(told, ['added a', 'on a', 'once a', 'added b', 'on b']);
  });

  test('removeAllListeners() removes those of all events', async (harness) => {
    const socket = await harness.opened();
    const told: string[] = [];
    socket.on('message', () => told.push('message')).on('close', () => told.push('close'));
    socket.removeAllListeners('close');
    await harness.arrive(1, 'x');
    socket.removeAllListeners();
    await harness.arrive(1, 'x');
    socket.terminate();
    assert.deepEqual(told, ['message']);
  });

  test('a callback of send() that throws: its error is uncaught, and close() closes clean', async (harness) => {
    const { socket, told } = await harness.heard();
    const errors = await uncaught(async () => {
      socket.send('x', () => {
        throw new Error('of the callback');
      });
      await harness.clock.advance(1000);
    });
    socket.close();
    await harness.clock.advance(2000);
    assert.deepEqual([errors, told], [['of the callback'], ['close 3 1000 "" true']]);
  });

  test('a Blob whose bytes come after terminate() goes to no later connection of the link', async (harness) => {
    const first = await harness.opened();
    const { blob, read } = slowBlob('late');
    const failed = new Promise<Error | undefined>((done) => first.send(blob, done));
    first.terminate();
    await harness.clock.advance(3000);
    await harness.opened('again');
    read('s');
    assert.match(String(await harness.clock.wait(failed)), /Link 0 was closed/);
    assert.deepEqual(harness.server.connections.at(-1)?.frames, []);
  });

  for (const [title, arrayBuffer] of [
    ['rejects', () => Promise.reject(new Error('the file has changed'))],
    [
      'throws',
      () => {
        throw new Error('the file has changed');
      },
    ],
  ] as const)
    test(`a Blob whose read ${title} fails the connection, and every message that was not sent`, async (harness) => {
      const { socket, told } = await harness.heard();
      const results: unknown[] = [];
      const sent = (error?: Error) => results.push(error instanceof EspAtError && error.code);
      const unreadable = Object.assign(new Blob(['x']), { arrayBuffer });
      socket.send(new Blob(['before']), sent);
      socket.send(unreadable, sent);
      socket.send('after', sent);
      await harness.clock.advance(2000);
      socket.send(unreadable, sent);
      await harness.clock.advance(1);
      assert.deepEqual(results, ['INVALID_PAYLOAD', 'LINK_CLOSED', false, 'LINK_CLOSED']);
      assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    });

  it('messages behind a Blob that is being read count in the send queue', async () => {
    await using harness = await classHarness({
      device: { sendLimit: { messages: 3, bytes: 100 } },
    });
    const socket = await harness.opened();
    const { blob, read } = slowBlob('slow');
    const results: unknown[] = [];
    const sent = (error?: Error) => results.push(error instanceof EspAtError && error.code);
    for (const data of [blob, 'a', 'b']) socket.send(data, sent);
    assert.equal(harness.device.sendQueue.messages, 3);
    socket.send('c', sent);
    await harness.clock.advance(1);
    read('s');
    await harness.clock.advance(2000);
    assert.deepEqual(results, ['QUEUE_FULL', 'LINK_CLOSED', 'LINK_CLOSED', 'LINK_CLOSED']);
    assert.equal(harness.device.sendQueue.messages, 0);
  });

  it('messages behind a Blob enter the send queue together once it is read, and close() follows', async () => {
    await using harness = await classHarness({ serial: { baudRate: 115200 } });
    const socket = await harness.opened();
    const { blob, read } = slowBlob('slow');
    for (const data of [blob, 'a', 'b']) socket.send(data);
    socket.close();
    await harness.clock.advance(1000);
    const [link] = harness.device.links;
    assert.deepEqual([harness.device.sendQueue.messages, link.state], [3, 'open']);
    read('s');
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([harness.device.sendQueue.messages, link.state], [3, 'closing']);
    await harness.clock.advance(2000);
    assert.deepEqual(harness.received(), ['s', 'a', 'b']);
    assert.equal(socket.readyState, 3);
  });

  test('terminate() ends the connection at once', async (harness) => {
    const { socket, told } = await harness.heard();
    socket.terminate();
    assert.deepEqual(told, ['close 3 1006 "" false']);
    await harness.clock.advance(3000);
    assert.equal(harness.server.connections[0]?.open, false);
  });
});

describe('a paused connection', () => {
  test('that the server closes: emits the messages on resume(), then close', async (harness) => {
    const { socket, told } = await harness.heard();
    socket.on('message', (data) => {
      told.push(data.toString());
      if (told.length === 1) socket.pause();
    });
    socket.pause();
    await harness.arrive(1, 'a');
    await harness.arrive(1, 'b');
    harness.server.connections[0]?.close();
    await harness.clock.advance(2000);
    assert.deepEqual([told, socket.readyState], [[], 2]);
    socket.resume();
    assert.deepEqual([told, socket.readyState], [['a'], 2]);
    socket.resume();
    assert.deepEqual(told, ['a', 'b', 'close 3 1005 "" true']);
  });

  test('that is lost: its link is free at once, error and close follow the messages', async (harness) => {
    const sockets = [await harness.opened(), await harness.opened(), await harness.opened()];
    const [, , socket] = sockets;
    assert.ok(socket);
    const told = events(socket);
    socket.on('message', (data) => told.push(data.toString()));
    socket.pause();
    await harness.arrive(1, 'a');
    harness.server.connections.at(-1)?.reset();
    await harness.clock.advance(3000);
    await harness.opened('again');
    socket.resume();
    assert.deepEqual(told, ['a', 'error 3', 'close 3 1006 "" false']);
  });

  test('that is terminated: close comes at once, without the messages', async (harness) => {
    const { socket, told } = await harness.heard();
    socket.on('message', (data) => told.push(data.toString()));
    socket.pause();
    await harness.arrive(1, 'a');
    socket.terminate();
    socket.resume();
    assert.deepEqual(told, ['close 3 1006 "" false']);
  });
});

for (const [unknownKind, kinds] of [
  ['guess', [false, true]],
  ['text', [false, false]],
  ['binary', [true, true]],
] as const)
  it(`on firmware that does not report the kind (class C) messages are text or binary by unknownKind: ${unknownKind}`, async () => {
    await using harness = await classHarness({ firmware: 'C' }, { unknownKind });
    const { opened, arrive } = harness;
    const socket = await opened();
    const got: boolean[] = [];
    socket.on('message', (_, isBinary) => got.push(isBinary));
    await arrive(1, 'text');
    await arrive(2, Buffer.from([0xff]));
    assert.deepEqual(got, kinds);
  });
