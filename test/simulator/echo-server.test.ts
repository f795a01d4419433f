import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { simulatedPort } from '../../simulator';
import { EchoConnection } from '../../simulator/network/echo-server';

describe('the echo server of the simulator', () => {
  for (const firmware of ['B', 'D']) {
    it(`sends text and bytes back to firmware of class ${firmware}, and answers a close frame`, async (t) => {
      let said = '';
      const port = await simulatedPort(`sim:echo?firmware=${firmware}`).open({
        data: (chunk) => (said += chunk.toString('latin1')),
        lost: (error) => assert.fail(error),
      });
      t.after(() => port.close());
      const hear = async (text: string) => {
        while (!said.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
        said = said.slice(said.indexOf(text) + text.length);
      };
      const say = (text: string | Buffer) => port.write(Buffer.from(text));
      await hear('WIFI GOT IP');
      say('AT+WSOPEN=0,"ws://ECHO.sim/any?path","chat"\r\n');
      await hear('\r\nOK\r\n');
      for (const [opcode, payload] of [
        [1, Buffer.from('hello')],
        [1, Buffer.alloc(400, 'x')],
        [2, Buffer.alloc(300, 7)],
      ] as const) {
        say(`AT+WSSEND=0,${payload.length},${opcode}\r\n`);
        await hear('>');
        say(payload);
        await hear('SEND OK');
        await hear(`+WS_DATA:0,${payload.length},${payload.toString('latin1')}`);
      }
      say('AT+WSSEND=0,2,8\r\n');
      await hear('>');
      say(Buffer.of(0x03, 0xe8));
      await hear('+WS_CLOSED:0');
    });
  }

  it('sends what waits behind a pause before it closes', async () => {
    const seen: string[] = [];
    const connection = new EchoConnection({
      connected: () => seen.push('connected'),
      data: (bytes) => seen.push(bytes.toString('hex')),
      drained: () => seen.push('drained'),
      ended: () => seen.push('ended'),
      closed: () => seen.push('closed'),
    });
    const turns = async () => {
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    };
    connection.write(Buffer.from('GET / HTTP/1.1\r\nSec-WebSocket-Key: a\r\n\r\n'));
    await turns();
    seen.length = 0;
    connection.pause();
    connection.write(Buffer.from('8101688800', 'hex'));
    await turns();
    assert.deepEqual(seen, []);
    connection.resume();
    await turns();
    assert.deepEqual(seen, ['810168', '8800', 'closed']);
  });
});
