import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { encodeFrame, encodeHeader } from '../harness/network/ws-server-frames';
import { error, frame, frames, it, ok } from './lab';

describe('data received by the simulated device', () => {
  it('is reported raw, empty messages included', async (lab) => {
    const server = await lab.open();
    for (const payload of ['hello', '\x00\r\n\xff\x00', 'OK\r\n+WS_CLOSED:0\r\n', '', 'after']) {
      server.send(frame(payload, payload.length % 2 === 0 ? 1 : 2));
      assert.equal(await lab.hear(), `+WS_DATA:0,${payload.length},${payload}\r\n`);
    }
  });

  it('is reported frame by frame when several share a segment', async (lab) => {
    const server = await lab.open();
    const many = Array.from({ length: 1000 }, (_, index) => `m${index}`);
    server.sendRaw(Buffer.concat(many.map((text) => encodeFrame(frame(text)))));
    const wanted = many.map((text) => `+WS_DATA:0,${text.length},${text}\r\n`).join('');
    assert.equal(await lab.hear(), wanted);
  });

  it('is cut at the buffer size', async (lab) => {
    const server = await lab.open();
    const payload = Buffer.alloc(70_000, 'abcdefghijklmnopqrstuvwxyz');
    server.send(frame(payload, 2));
    const said = await lab.hear(50);
    assert.equal(said.length, 71_241);
    const chunks = [...said.matchAll(/\+WS_DATA:0,(\d+),/g)].map(([, length]) => Number(length));
    assert.deepEqual(chunks, [...Array.from({ length: 68 }, () => 1024), 368]);
    assert.equal(said.replaceAll(/\+WS_DATA:0,\d+,|\r\n/g, ''), payload.toString());
  });

  it('is also cut where TCP cuts it', async (lab) => {
    const server = await lab.open();
    server.sendRaw(encodeHeader(frame(''), 5));
    assert.equal(await lab.hear(1000), '');
    server.sendRaw(Buffer.from('sp'));
    assert.equal(await lab.hear(300), '+WS_DATA:0,2,sp\r\n');
    server.sendRaw(Buffer.from('lit'));
    assert.equal(await lab.hear(), '+WS_DATA:0,3,lit\r\n');
  });

  it('is not reported for pings, pongs and reserved opcodes', async (lab) => {
    const server = await lab.open();
    for (const opcode of [9, 10, 3, 11]) server.send(frame('pp', opcode));
    server.send(frame('', 9));
    server.send(frame('x'));
    assert.equal(await lab.hear(), '+WS_DATA:0,1,x\r\n');
    assert.deepEqual(frames(server), ['1 10 pp', '1 10']);
  });

  it('is held back when it shares a segment with the 101, until more arrives', async (lab) => {
    const server = await lab.open('/early');
    assert.equal(await lab.hear(3000), '');
    server.send(frame('second'));
    assert.equal(await lab.hear(), '+WS_DATA:0,10,early-bird\r\n+WS_DATA:0,6,second\r\n');
  });

  it('is lost in class B when it shares a segment with the 101', { firmware: 'B' }, async (lab) => {
    const server = await lab.open('/early');
    server.send(frame('second'));
    assert.equal(await lab.hear(), '+WS_DATA:0,6,second\r\n');
  });

  it('waits for the rest of a header that TCP cuts', { firmware: 'C' }, async (lab) => {
    const server = await lab.open();
    const bytes = encodeFrame(frame(Buffer.alloc(300, 'x'), 2));
    for (const part of [bytes.subarray(0, 1), bytes.subarray(1, 3), bytes.subarray(3)]) {
      server.sendRaw(part);
      await lab.clock.advance(100);
    }
    assert.equal(await lab.hear(), `+WS_DATA:0,300,${'x'.repeat(300)}\r\n`);
  });

  it('loses its framing in class B when TCP cuts a header', { firmware: 'B' }, async (lab) => {
    const server = await lab.open();
    const bytes = encodeFrame(frame('hello'));
    server.sendRaw(bytes.subarray(0, 1));
    assert.equal(await lab.hear(100), '+WS_DATA:0,0,\r\n');
    server.sendRaw(bytes.subarray(1));
    const rest = await lab.hear(30_000);
    assert.ok(!rest.includes('hello'));
    assert.match(await lab.command('AT+WSOPEN?'), /^\+WSOPEN:0,2,/);
  });

  it('leaves an empty chunk and lost framing behind a frame that stalls for 10 s', async (lab) => {
    const server = await lab.open();
    const bytes = encodeFrame(frame('stalled'));
    server.sendRaw(bytes.subarray(0, 5));
    assert.equal(await lab.hear(9990), '+WS_DATA:0,3,sta\r\n');
    assert.equal(await lab.hear(20), '+WS_DATA:0,0,\r\n');
    await lab.hear(2000);
    server.sendRaw(bytes.subarray(5));
    server.send(frame('good'));
    assert.equal(await lab.hear(100), '');
    await lab.expect('AT+WSOPEN?', `+WSOPEN:0,2,"ws://server.test/plain"\r\n${ok}`);
    await lab.command('AT+WSSEND=0,3,1,2000');
    lab.device.write(Buffer.from('abc'));
    assert.deepEqual(await lab.next(), { said: error, after: 2000 });
  });

  it('stops while the host does not read, without loss', async (lab) => {
    const server = await lab.open();
    lab.device.pauseOutput();
    const payload = Buffer.alloc(1000, 'x');
    for (let count = 0; count < 500; count++) server.send(frame(payload, 2));
    assert.equal(await lab.hear(1000), '');
    server.send(frame('still there?', 9));
    await lab.expect('AT', '', 1000);
    assert.deepEqual(frames(server), []);
    lab.device.resumeOutput();
    const said = await lab.hear(1000);
    assert.equal(said.match(/\+WS_DATA:0,1000,x{1000}\r\n/g)?.length, 500);
    assert.equal(said.replaceAll(/\+WS_DATA:0,1000,x{1000}\r\n/g, ''), ok);
    assert.deepEqual(frames(server), ['1 10 still there?']);
  });
});
