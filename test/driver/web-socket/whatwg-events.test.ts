import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { WebSocketEvents } from '../../../driver/web-socket/event-interfaces';

// By the sections of https://websockets.spec.whatwg.org
import { URI, events, test } from './class-harness';

describe('3 feedback from the protocol', () => {
  test('fires open after the constructor has returned, in OPEN', async (harness) => {
    const socket = new harness.WebSocket(URI);
    const told = events(socket);
    await harness.clock.advance(1000);
    assert.deepEqual(told, ['open 1']);
  });

  test('fires message with a string, and binary by binaryType, with the origin', async (harness) => {
    const socket = await harness.opened();
    const got: MessageEvent[] = [];
    socket.onmessage = (event) => got.push(event);
    await harness.arrive(1, 'grüß');
    await harness.arrive(2, 'a');
    Reflect.set(socket, 'binaryType', 'nonsense');
    assert.equal(socket.binaryType, 'blob');
    socket.binaryType = 'arraybuffer';
    await harness.arrive(2, 'b');
    socket.binaryType = 'nodebuffer';
    await harness.arrive(2, 'c');
    const [text, blob, buffer, node] = got.map(({ data }: { data: unknown }) => data);
    assert.equal(text, 'grüß');
    assert.ok(blob instanceof Blob && blob.size === 1);
    assert.ok(buffer instanceof ArrayBuffer);
    assert.deepEqual(Buffer.from(buffer).toString(), 'b');
    assert.deepEqual(node, Buffer.from('c'));
    assert.ok(got.every(({ origin, type }) => origin === 'ws://host' && type === 'message'));
  });

  test('fires no message once it is closing', async (harness) => {
    const socket = await harness.opened();
    const got: unknown[] = [];
    socket.onmessage = ({ data }) => got.push(data);
    harness.server.behavior.answersCloses = false;
    socket.close();
    await harness.arrive(1, 'late');
    assert.deepEqual(got, []);
  });

  test('a close by the server: close, clean, with 1005 in place of any code', async (harness) => {
    const told = events(await harness.opened());
    harness.server.connections[0]?.close(4000, 'enough');
    await harness.clock.advance(2000);
    assert.deepEqual(told, ['close 3 1005 "" true']);
  });

  test('a lost connection: error, then close with 1006, and the device does not reconnect', async (harness) => {
    const told = events(await harness.opened());
    harness.server.connections[0]?.reset();
    await harness.clock.advance(60_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    assert.equal(harness.server.connections.length, 1);
  });

  test('a connection that is never established: names no subprotocol', async (harness) => {
    const socket = new harness.WebSocket('ws://host:1', 'chat');
    const told = events(socket);
    await harness.clock.advance(60_000);
    assert.equal(told.at(-1), 'close 3 1006 "" false');
    assert.equal(socket.protocol, '');
  });

  test('a restart of the device: error, then close with 1006', async (harness) => {
    const told = events(await harness.opened());
    harness.simulator.restart();
    await harness.clock.advance(10_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
  });

  test('a refused connection: error with the reason, then close with 1006', async (harness) => {
    const socket = new harness.WebSocket('ws://host/401');
    const told = events(socket);
    const codes: string[] = [];
    socket.onerror = ({ error }) => codes.push(error.code);
    await harness.clock.advance(20_000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    assert.deepEqual(codes, ['OPEN_FAILED']);
  });

  test('text that is not UTF-8 fails the connection with a close frame 1007', async (harness) => {
    const told = events(await harness.opened());
    await harness.arrive(1, Buffer.from([0xff]));
    await harness.clock.advance(2000);
    assert.deepEqual(told, ['error 3', 'close 3 1006 "" false']);
    const frame = harness.server.connections[0]?.frames.find(({ opcode }) => opcode === 8);
    assert.equal(frame?.payload.readUInt16BE(), 1007);
  });
});

test('event handlers (HTML, section 8.1.8) are null, keep their place among listeners, and take functions only', async (harness) => {
  const socket = await harness.opened();
  assert.deepEqual(
    [socket.onopen, socket.onmessage, socket.onerror, socket.onclose],
    [null, null, null, null],
  );
  const order: string[] = [];
  socket.onmessage = () => order.push('first');
  socket.addEventListener('message', () => order.push('listener'));
  socket.onmessage = () => order.push('handler');
  await harness.arrive(1, 'x');
  assert.deepEqual(order, ['handler', 'listener']);
  Reflect.set(socket, 'onmessage', 'nonsense');
  assert.equal(socket.onmessage, null);
  await harness.arrive(1, 'x');
  assert.deepEqual(order, ['handler', 'listener', 'listener']);
  // A library may wrap them, as it wraps those of a browser.
  const { prototype } = WebSocketEvents;
  const { configurable, enumerable } =
    Object.getOwnPropertyDescriptor(prototype, 'onmessage') ?? {};
  assert.deepEqual([configurable, enumerable], [true, true]);
});
