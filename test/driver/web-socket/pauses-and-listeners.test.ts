import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { describe } from 'node:test';
import { uncaught } from '../../harness/uncaught';
import { events, URI, test } from './class-harness';

describe('a listener added by on() that throws', () => {
  test('in resume(): its errors are uncaught, and the other messages and close follow', async (harness) => {
    const { socket, told } = await harness.heard();
    socket.on('message', (data) => {
      told.push(data.toString());
      throw new Error(`of ${data.toString()}`);
    });
    socket.pause();
    await harness.arrive(1, 'a');
    await harness.arrive(1, 'b');
    harness.server.connections[0]?.close();
    await harness.clock.advance(2000);
    const errors = await uncaught(async () => {
      socket.resume();
      await harness.clock.advance(1);
    });
    assert.deepEqual(errors, ['of a', 'of b']);
    assert.deepEqual(told, ['a', 'b', 'close 3 1005 "" true']);
  });

  test('at error: close follows', async (harness) => {
    const { socket, told } = await harness.heard();
    socket.on('error', () => {
      throw new Error('of the listener');
    });
    const errors = await uncaught(async () => {
      harness.server.connections[0]?.reset();
      await harness.clock.advance(3000);
    });
    assert.deepEqual(errors, ['of the listener']);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
  });
});

describe('close() in CONNECTING', () => {
  test('by a listener of the link, once it is open: the connection fails, and the link closes', async (harness) => {
    const [link] = harness.device.links;
    const socket = new harness.WebSocket(URI);
    link.on('statechange', ({ to }) => {
      if (to === 'open') socket.close();
    });
    const told = events(socket);
    const codes: string[] = [];
    socket.on('error', (error) => 'code' in error && codes.push(String(error.code)));
    await harness.clock.advance(5000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    assert.deepEqual([codes, link.state], [['OPEN_ABORTED'], 'closed']);
  });

  test('before it has a link: no error names link 0', async (harness) => {
    const socket = new harness.WebSocket(URI);
    const errors: string[] = [];
    socket.on('error', (error) => errors.push(error.message));
    socket.close();
    socket.send('x', (error) => error && errors.push(error.message));
    await harness.clock.advance(1000);
    assert.deepEqual(
      errors.map((message) => /Link \S+ was closed/.exec(message)?.[0]),
      ['Link ? was closed', 'Link ? was closed'],
    );
  });
});

test('a paused connection fails with PAUSE_BUFFER_FULL where 16 MiB wait, and emits on resume() what it has held', async (harness) => {
  const { socket, told } = await harness.heard();
  const codes: string[] = [];
  socket.on('error', (error) => 'code' in error && codes.push(String(error.code)));
  let bytes = 0;
  socket.on('message', (data) => (bytes += data.length));
  socket.pause();
  const [link] = harness.device.links;
  const { id, owner } = link;
  const opcode = 2 as const;
  const message = { link: id, uri: URI, owner, opcode, bytes: Buffer.alloc(1 << 20) };
  for (let count = 0; count < 15; count++) link.emit('message', message);
  assert.equal(socket.readyState, 1);
  link.emit('message', message);
  assert.deepEqual([socket.readyState, told], [2, []]);
  await harness.clock.advance(2000);
  assert.equal(link.state, 'closed');
  socket.resume();
  assert.deepEqual([bytes, codes], [15 << 20, ['PAUSE_BUFFER_FULL']]);
  assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
});

test('pause() and resume() in a listener, in resume() of a connection that has ended: all messages come, then close', async (harness) => {
  const { socket, told } = await harness.heard();
  socket.on('message', (data) => {
    told.push(data.toString());
    socket.pause();
    socket.resume();
  });
  socket.pause();
  for (const text of ['a', 'b', 'c']) await harness.arrive(1, text);
  harness.server.connections[0]?.close();
  await harness.clock.advance(2000);
  socket.resume();
  assert.deepEqual(told, ['a', 'b', 'c', 'close 3 1005 "" true']);
});

test('listeners added by on() and once() run with the socket as `this`, and off() finds them', async (harness) => {
  const { socket } = await harness.heard();
  const told: string[] = [];
  function echo(this: unknown, data: Buffer) {
    assert.equal(this, socket);
    told.push(data.toString());
  }
  const add = { on: () => socket.on('message', echo), once: () => socket.once('message', echo) };
  add.on();
  add.once();
  await harness.arrive(1, 'a');
  await harness.arrive(1, 'b');
  socket.off('message', echo);
  await harness.arrive(1, 'c');
  add.once();
  socket.off('message', echo);
  await harness.arrive(1, 'd');
  assert.deepEqual(told, ['a', 'a', 'b']);
});

test('newListener and removeListener come as in the package ws, and emit() runs the listeners of its event', async (harness) => {
  const { socket } = await harness.heard();
  const told: unknown[] = [];
  const count = (name: 'newListener' | 'removeListener') =>
    EventEmitter.prototype.on.call(socket as never, name, (event, listener) =>
      told.push([name, event, listener === echo]),
    );
  const echo = (data: Buffer, isBinary: boolean) => told.push([data.toString(), isBinary]);
  count('newListener');
  count('removeListener');
  socket.on('message', echo);
  assert.equal(socket.emit('message', Buffer.from('a'), true), true);
  socket.off('message', echo);
  assert.equal(socket.emit('message', Buffer.from('b'), true), false);
  assert.deepEqual(told, [
    ['newListener', 'removeListener', false],
    ['newListener', 'message', true],
    ['a', true],
    ['removeListener', 'message', true],
  ]);
});
