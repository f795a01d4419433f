import assert from 'node:assert/strict';
import { describe, it as test } from 'node:test';
import { parseAddress } from '../../simulator/address';
import type { ConnectionHandlers } from '../../simulator/network/network';
import { NetworkPath, type NetworkPathOptions } from '../../simulator/network/network-path';
import type { Clock } from '../../simulator/clock';
import { VirtualClock } from '../../simulator/replay/virtual-clock';
import { frame, it, Lab, ok } from './lab';

const greeting = '+WS_DATA:0,2,hi\r\n';

/** Milliseconds until a message of 2 bytes has reached the server. */
async function sendTime(lab: Lab): Promise<number> {
  const connection = lab.connection;
  const { length } = connection.frames;
  await lab.command('AT+WSSEND=0,2', 20);
  const start = lab.clock.now();
  lab.device.write(Buffer.from('hi'));
  await lab.clock.until(() => connection.frames.length > length, 10_000);
  return Math.round(lab.clock.now() - start);
}

describe('the network between the simulated device and its servers', () => {
  it('with a latency, messages arrive later', { path: { latencyMs: 30 } }, async (lab) => {
    const said = await lab.command('AT+WSOPEN=0,"ws://server.test/plain"', 200);
    assert.equal(said, '+WS_CONNECTED:0\r\n\r\nOK\r\n');
    assert.equal(await sendTime(lab), 30);
  });

  it('with a bandwidth, each byte takes time', { path: { bandwidth: 80_000 } }, async (lab) => {
    const connection = await lab.open();
    connection.send(frame('x'.repeat(996)));
    assert.equal(await lab.hear(95), '');
    assert.match(await lab.hear(10), /^\+WS_DATA:0,996,x/);
  });

  it('with loss, no byte is missing', { path: { loss: 0.3 } }, async (lab) => {
    await lab.command('AT+WSOPEN=0,"ws://server.test/plain",,60000', 60_000);
    for (const letter of 'abcdef') lab.connection.send(frame(letter));
    const said = await lab.hear(60_000);
    assert.equal(said.replace(/\+WS_DATA:0,1,|\r\n/g, ''), 'abcdef');
  });

  it(
    'with a loss near 1, a segment is late, and blocks nothing',
    { path: { loss: 1 - 2 ** -50 } },
    async (lab) => {
      assert.equal(await lab.command('AT+WSOPEN=0,"ws://server.test/plain"', 5000), '');
    },
  );

  it('with delayed ACKs, a payload waits', { path: { delayedAckMs: 40 } }, async (lab) => {
    await lab.open();
    assert.equal(await sendTime(lab), 40);
  });

  it('without options a message takes no time', async (lab) => {
    await lab.open();
    assert.equal(await sendTime(lab), 0);
  });

  it('joins what follows the 101 to its segment', { path: { joinMs: 10 } }, async (lab) => {
    lab.server.behavior.onAccept = (connection) => connection.send(frame('hi'));
    await lab.open();
    assert.equal(await lab.hear(1_000), '', 'held back');
    lab.connection.send(frame('ho'));
    assert.equal(await lab.hear(20), `${greeting}+WS_DATA:0,2,ho\r\n`);
  });

  it('cuts segments anywhere, the 101 included', { path: { splitBytes: 7 } }, async (lab) => {
    const connection = await lab.open();
    connection.send(frame('hello you'));
    assert.equal(await lab.hear(20), '+WS_DATA:0,5,hello\r\n+WS_DATA:0,4, you\r\n');
  });

  /** A path whose server acts by hand, and what the path asks of it. */
  function pathByHand(options: NetworkPathOptions, clock: Clock = new VirtualClock()) {
    const asked: string[] = [];
    const state = { hasRoom: true, received: '', drained: 0 };
    let server: ConnectionHandlers | undefined;
    const nothing = () => undefined;
    const ask = (what: string) => () => void asked.push(what);
    const inner = {
      connect: (_target: unknown, handlers: ConnectionHandlers) => {
        server = handlers;
        const [pause, resume] = [ask('pause'), ask('resume')];
        return { write: () => state.hasRoom, destroy: nothing, pause, resume };
      },
    };
    const path = new NetworkPath(
      inner,
      clock,
      () => 0.5,
      () => options,
    );
    const connection = path.connect(
      { host: 'server', port: 80 },
      {
        connected: nothing,
        data: (chunk) => (state.received += chunk.toString('latin1')),
        drained: () => state.drained++,
        ended: nothing,
        closed: nothing,
      },
    );
    assert.ok(server);
    const handlers = server;
    const send = (bytes: number | string) =>
      handlers.data(typeof bytes === 'number' ? Buffer.alloc(bytes) : Buffer.from(bytes));
    const drain = () => handlers.drained();
    return { asked, state, connection, send, drain };
  }

  test('keeps the order of segments when their timers fire in another order', () => {
    const timers: (() => void)[] = [];
    const after = (_delayMs: number, callback: () => void) => {
      timers.push(callback);
      return () => undefined;
    };
    const { send, state } = pathByHand({ latencyMs: 1 }, { now: () => 0, after });
    for (const letter of 'abc') send(letter);
    for (const fire of timers.reverse()) fire();
    assert.equal(state.received, 'abc');
  });

  test('with a latency, a write after the server has room again reports room', async () => {
    const clock = new VirtualClock();
    const { state, drain, connection } = pathByHand({ latencyMs: 30 }, clock);
    state.hasRoom = false;
    assert.equal(connection.write(Buffer.from('a')), true);
    await clock.advance(30);
    assert.equal(connection.write(Buffer.from('b')), false, 'the server is full');
    await clock.advance(30);
    state.hasRoom = true;
    drain();
    await clock.advance(30);
    assert.equal(state.drained, 1);
    assert.equal(connection.write(Buffer.from('c')), true);
    await clock.advance(30);
  });

  test('with a latency, a server waits while 65,536 of its bytes are under way', async () => {
    const clock = new VirtualClock();
    const { asked, send, state } = pathByHand({ latencyMs: 1_000 }, clock);
    send(32_768);
    await clock.advance(1);
    send(32_767);
    assert.deepEqual(asked, []);
    await clock.advance(1);
    send(1);
    assert.deepEqual(asked, ['pause']);
    await clock.advance(998);
    assert.deepEqual(
      [asked, state.received.length],
      [['pause', 'resume'], 32_768],
      'half has arrived',
    );
    await clock.advance(2);
    assert.deepEqual([asked.length, state.received.length], [2, 65_536]);
  });

  test('a server waits for the pieces of its segments too', async () => {
    const clock = new VirtualClock();
    const { asked, send } = pathByHand({ splitBytes: 16_384, splitGapMs: 10 }, clock);
    send(98_304);
    await clock.advance(29);
    assert.deepEqual(asked, ['pause']);
    await clock.advance(1);
    assert.deepEqual(asked, ['pause', 'resume'], 'half is left');
    await clock.advance(20);
  });

  test('a server still waits while the device does, and never acts after the device has left', async () => {
    const clock = new VirtualClock();
    const { asked, connection, send, state } = pathByHand({ latencyMs: 30 }, clock);
    send(65_536);
    connection.pause();
    await clock.advance(30);
    assert.deepEqual([asked, state.received.length], [['pause', 'pause'], 65_536]);
    connection.resume();
    send(65_536);
    connection.resume();
    assert.deepEqual(asked.slice(2), ['resume', 'pause']);
    connection.destroy();
    await clock.advance(30);
    assert.deepEqual([asked.length, state.received.length, clock.pending], [4, 65_536, 0]);
  });

  it('is set by the address, and refuses invalid values', async () => {
    const { path } = parseAddress('sim:?latency=20&loss=1%25&delayed-ack=40');
    assert.deepEqual(path, { latencyMs: 20, loss: 0.01, delayedAckMs: 40 });
    for (const wrong of ['latency=x', 'loss=1', 'bandwidth=0.5', 'split=0.001', 'mended=all']) {
      assert.throws(() => parseAddress(`sim:?${wrong}`), /of the simulated device must be/, wrong);
    }
  });

  it('refuses options with which a byte would never arrive', async () => {
    for (const name of ['bandwidth', 'splitBytes'])
      for (const value of [0, 0.5, -1, Number.NaN])
        assert.throws(() => new Lab({ path: { [name]: value } }), {
          code: 'INVALID_OPTION',
          option: 'path',
          message: `the option "path.${name}" must be 1 or more`,
        });
  });
});

describe('class D with a weakness fixed', () => {
  it('early-frames: data with the 101 comes at once', { mended: ['early-frames'] }, async (lab) => {
    const said = await lab.command('AT+WSOPEN=0,"ws://server.test/early"', 20);
    assert.equal(said, `+WS_CONNECTED:0\r\n+WS_DATA:0,10,early-bird\r\n${ok}`);
  });

  it('stalled-frames: sends pass meanwhile', { mended: ['stalled-frames'] }, async (lab) => {
    lab.server.behavior.answersPings = false;
    const connection = await lab.open();
    connection.sendRaw(Buffer.from('\x81\x06abc', 'latin1'));
    assert.equal(await lab.hear(12_000), '+WS_DATA:0,3,abc\r\n');
    assert.equal(await sendTime(lab), 0);
    await lab.hear();
    connection.sendRaw(Buffer.from('def'));
    assert.equal(await lab.hear(20), '+WS_DATA:0,3,def\r\n');
  });

  it('slow-close: AT+WSCLOSE takes no time', { mended: ['slow-close'] }, async (lab) => {
    await lab.open();
    await lab.expect('AT+WSCLOSE=0', '\r\nOK\r\n', 1);
    await lab.expect('AT+WSOPEN?', '\r\nOK\r\n');
  });

  it(
    'slow-close: AT+WSCLOSE of a link that waits for the host reports no disconnect',
    { mended: ['slow-close'] },
    async (lab) => {
      const connection = await lab.open();
      lab.device.pauseOutput();
      for (let count = 0; count < 20; count++) connection.send(frame('x'.repeat(1000)));
      await lab.hear(1_000);
      await lab.command('AT+WSCLOSE=0');
      lab.device.resumeOutput();
      const said = await lab.hear(1_000);
      assert.equal(said.replaceAll(/\+WS_DATA:0,1000,x{1000}\r\n/g, ''), ok);
    },
  );

  it('refuses other classes', async () => {
    assert.throws(() => new Lab({ firmware: 'C', mended: ['slow-close'] }));
  });
});
