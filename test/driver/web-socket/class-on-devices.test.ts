import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

// By the sections of https://websockets.spec.whatwg.org
import { EspAtError } from '../../../driver/errors';
import { URI, classHarness, story } from './class-harness';

describe('links of a device', () => {
  it('are three at a time: a fourth connection fails with the reason; a closed link is free again', async () => {
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

  it('that the program opens itself stay out of use', async () => {
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

  it('addListener() adds a listener, removeListener() and off() remove it; once() calls it once', async () => {
    const { harness, opened, serve } = await classHarness();
    const socket = await opened();
    const told: string[] = [];
    const tell = (name: string) => (data: Buffer) => told.push(`${name} ${data.toString()}`);
    const [added, on] = [tell('added'), tell('on')];
    socket.addListener('message', added).on('message', on).once('message', tell('once'));
    await serve(1, 'a');
    await serve(1, 'b');
    socket.removeListener('message', added).off('message', on);
    await serve(1, 'c');
    assert.deepEqual(told, ['added a', 'on a', 'once a', 'added b', 'on b']);
    await harness.end();
  });

  it('removeAllListeners() removes those of all events', async () => {
    const { harness, opened, serve } = await classHarness();
    const socket = await opened();
    const told: string[] = [];
    socket.on('message', () => told.push('message')).on('close', () => told.push('close'));
    socket.removeAllListeners('close');
    await serve(1, 'x');
    socket.removeAllListeners();
    await serve(1, 'x');
    socket.terminate();
    assert.deepEqual(told, ['message']);
    await harness.end();
  });

  it('a callback of send() that throws: its error is uncaught, and close() closes clean', async () => {
    const { harness, opened } = await classHarness();
    const socket = await opened();
    const told = story(socket);
    const uncaught: unknown[] = [];
    process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error.message));
    socket.send('x', () => {
      throw new Error('of the callback');
    });
    await harness.clock.advance(1000);
    process.setUncaughtExceptionCaptureCallback(null);
    socket.close();
    await harness.clock.advance(2000);
    assert.deepEqual([uncaught, told], [['of the callback'], ['close 3 1000 "" true']]);
    await harness.end();
  });

  it('a Blob whose bytes come after terminate() goes to no later connection of the link', async () => {
    const { harness, opened } = await classHarness();
    const first = await opened();
    const blob = new Blob(['late']);
    let read: (bytes: ArrayBuffer) => void = () => undefined;
    blob.arrayBuffer = () => new Promise((resolve) => (read = resolve));
    const failed = new Promise<Error | undefined>((done) => first.send(blob, done));
    first.terminate();
    await harness.clock.advance(3000);
    await opened('again');
    read(new Uint8Array([1]).buffer);
    assert.match(String(await harness.clock.wait(failed)), /Link 0 was closed/);
    assert.deepEqual(harness.server.connections.at(-1)?.frames, []);
    await harness.end();
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
    it(`a Blob whose read ${title} fails the connection, and every message that was not sent`, async () => {
      const { harness, opened } = await classHarness();
      const socket = await opened();
      const told = story(socket);
      const results: unknown[] = [];
      const sent = (error?: Error) => results.push(error instanceof EspAtError && error.code);
      const unreadable = Object.assign(new Blob(['x']), { arrayBuffer });
      socket.send(new Blob(['before']), sent);
      socket.send(unreadable, sent);
      socket.send('after', sent);
      await harness.clock.advance(2000);
      socket.send(unreadable, sent);
      await harness.clock.advance(1);
      assert.deepEqual(results, [false, 'INVALID_PAYLOAD', 'LINK_CLOSED', 'LINK_CLOSED']);
      assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
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

describe('a paused connection', () => {
  it('that the server closes: emits the messages on resume(), then close', async () => {
    const { harness, opened, serve } = await classHarness();
    const socket = await opened();
    const told = story(socket);
    socket.on('message', (data) => {
      told.push(data.toString());
      if (told.length === 1) socket.pause();
    });
    socket.pause();
    await serve(1, 'a');
    await serve(1, 'b');
    harness.server.connections[0]?.close();
    await harness.clock.advance(2000);
    assert.deepEqual([told, socket.readyState], [[], 2]);
    socket.resume();
    assert.deepEqual([told, socket.readyState], [['a'], 2]);
    socket.resume();
    assert.deepEqual(told, ['a', 'b', 'close 3 1005 "" true']);
    await harness.end();
  });

  it('that is lost: its link is free at once, error and close follow the messages', async () => {
    const { harness, opened, serve } = await classHarness();
    const sockets = [await opened(), await opened(), await opened()];
    const [, , socket] = sockets;
    assert.ok(socket);
    const told = story(socket);
    socket.on('message', (data) => told.push(data.toString()));
    socket.pause();
    await serve(1, 'a');
    harness.server.connections.at(-1)?.reset();
    await harness.clock.advance(3000);
    await opened('again');
    socket.resume();
    assert.deepEqual(told, ['a', 'error 3', 'close 3 1006 "" false']);
    await harness.end();
  });

  it('that is terminated: close comes at once, without the messages', async () => {
    const { harness, opened, serve } = await classHarness();
    const socket = await opened();
    const told = story(socket);
    socket.on('message', (data) => told.push(data.toString()));
    socket.pause();
    await serve(1, 'a');
    socket.terminate();
    socket.resume();
    assert.deepEqual(told, ['close 3 1006 "" false']);
    await harness.end();
  });
});

describe('on firmware that does not report the kind (class C)', () => {
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
