import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseAddress } from '../../simulator/address';
import { inLab, type Lab } from './lab';

const text = (payload: string) => ({ fin: true, opcode: 1, payload: Buffer.from(payload) });
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
  it('with a latency, a message arrives that much later', () =>
    inLab({ path: { latencyMs: 30 } }, async (lab) => {
      await lab.command('ATE0');
      const said = await lab.command('AT+WSOPEN=0,"ws://server.test/plain"', 200);
      assert.equal(said, '+WS_CONNECTED:0\r\n\r\nOK\r\n');
      assert.equal(await sendTime(lab), 30);
    }));

  it('with a bandwidth, a message takes time for its bytes', () =>
    inLab({ path: { bandwidth: 80_000 } }, async (lab) => {
      const connection = await lab.open();
      connection.send(text('x'.repeat(996)));
      assert.equal(await lab.hear(95), '');
      assert.match(await lab.hear(10), /^\+WS_DATA:0,996,x/);
    }));

  it('with loss, what follows a lost segment waits for it and nothing is missing', () =>
    inLab({ path: { loss: 0.3 } }, async (lab) => {
      await lab.command('ATE0');
      await lab.command('AT+WSOPEN=0,"ws://server.test/plain",,60000', 60_000);
      for (const letter of 'abcdef') lab.connection.send(text(letter));
      const said = await lab.hear(60_000);
      assert.equal(said.replace(/\+WS_DATA:0,1,|\r\n/g, ''), 'abcdef');
    }));

  it('with delayed ACKs, the payload of a lone message waits for the ACK of its header', () =>
    inLab({ path: { delayedAckMs: 40 } }, async (lab) => {
      await lab.open();
      assert.equal(await sendTime(lab), 40);
    }));

  it('without options a message takes no time', () =>
    inLab({}, async (lab) => {
      await lab.open();
      assert.equal(await sendTime(lab), 0);
    }));

  it('joins what follows the 101 to its segment', () =>
    inLab({ path: { joinMs: 10 } }, async (lab) => {
      lab.server.behavior.onAccept = (connection) => connection.send(text('hi'));
      await lab.open();
      assert.equal(await lab.hear(1_000), '', 'held back');
      lab.connection.send(text('ho'));
      assert.equal(await lab.hear(20), `${greeting}+WS_DATA:0,2,ho\r\n`);
    }));

  it('cuts segments anywhere, the 101 included', () =>
    inLab({ path: { splitBytes: 7 } }, async (lab) => {
      const connection = await lab.open();
      connection.send(text('hello you'));
      assert.equal(await lab.hear(20), '+WS_DATA:0,5,hello\r\n+WS_DATA:0,4, you\r\n');
    }));

  it('is set by the address, and refuses invalid values', () => {
    const { path } = parseAddress('sim:?latency=20&loss=1%25&delayed-ack=40');
    assert.deepEqual(path, { latencyMs: 20, loss: 0.01, delayedAckMs: 40 });
    for (const wrong of ['latency=x', 'loss=1', 'bandwidth=0', 'mended=all']) {
      assert.throws(() => parseAddress(`sim:?${wrong}`), /does not understand/, wrong);
    }
  });
});

describe('class D with a weakness fixed', () => {
  it('early-frames: a frame in the segment of the 101 comes at once', () =>
    inLab({ mended: ['early-frames'] }, async (lab) => {
      await lab.command('ATE0');
      const said = await lab.command('AT+WSOPEN=0,"ws://server.test/early"', 20);
      assert.equal(said, '+WS_CONNECTED:0\r\n+WS_DATA:0,10,early-bird\r\n\r\nOK\r\n');
    }));

  it('stalled-frames: the rest of a frame comes later, and sends pass meanwhile', () =>
    inLab({ mended: ['stalled-frames'] }, async (lab) => {
      lab.server.behavior.answersPings = false;
      const connection = await lab.open();
      connection.sendRaw(Buffer.from('\x81\x06abc', 'latin1'));
      assert.equal(await lab.hear(12_000), '+WS_DATA:0,3,abc\r\n');
      assert.equal(await sendTime(lab), 0);
      await lab.hear();
      connection.sendRaw(Buffer.from('def'));
      assert.equal(await lab.hear(20), '+WS_DATA:0,3,def\r\n');
    }));

  it('slow-close: AT+WSCLOSE takes no time', () =>
    inLab({ mended: ['slow-close'] }, async (lab) => {
      await lab.open();
      assert.equal(await lab.command('AT+WSCLOSE=0', 1), '\r\nOK\r\n');
      assert.equal(await lab.command('AT+WSOPEN?'), '\r\nOK\r\n');
    }));

  it('refuses other classes', () =>
    assert.rejects(inLab({ firmware: 'C', mended: ['slow-close'] }, async () => undefined)));
});
