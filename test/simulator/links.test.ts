import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { encodeServerFrame } from '../../simulator/websocket/frame-codec';
import type { WsConnection } from '../harness/network/ws-server';
import { error, frame, frames, it, ok, prompt, sent, words, type Lab } from './lab';

/** Behavior that no recording shows: test/verification/conformance replays the recordings. */
describe('AT+WSOPEN on the simulated device', () => {
  it('refuses bad parameters at once, without a byte on the network', async (lab) => {
    const bad = words(
      `"server.test/" "127.0.0.1/" "ws://" "ws://server.test:65536/" "ws://server.test:/"
      "ws://server.test/",,"5000" "ws://server.test/",,,"Bearer" "ws://server.test/\xc3\xa9"`,
    );
    await lab.expectEach('AT+WSOPEN=0,', bad, error);
    assert.equal(lab.server.requests.length, 0);
  });

  const dns = { 'known.test': '10.0.0.1', 'gone.test': 'fails' } as const;
  it('fails after 14 s when no server resolves the name', { dns }, async (lab) => {
    lab.device.write(Buffer.from('AT+WSOPEN=0,"ws://x.timeout/",,3000\r\n'));
    assert.deepEqual(await lab.next(), { said: '+WS_DISCONNECTED:0\r\n', after: 14_000 });
    assert.deepEqual(await lab.next(), { said: error, after: 5000 });
    for (const host of ['gone.test', 'No.Such.Host']) {
      await lab.expect(`AT+WSOPEN=0,"ws://${host}/"`, '+WS_DISCONNECTED:0\r\n', 100);
      await lab.hear(5000);
    }
    await lab.expect('AT+WSOPEN=0,"ws://known.test/"', `+WS_CONNECTED:0\r\n${ok}`);
  });

  const route = () => ({ kind: 'unroutable' }) as const;
  it('fails 5 s after it gives up on a lost SYN', { route }, async (lab) => {
    await lab.expect('AT+WSOPEN=1,"ws://server.test/"', '', 9_990);
    assert.equal(await lab.hear(20), '+WS_DISCONNECTED:1\r\n');
    assert.equal(await lab.hear(4_980), '');
    assert.equal(await lab.hear(20), error);
  });
});

describe('AT+WSCFG on the simulated device', () => {
  it('names the missing certificate', async (lab) => {
    const configure = (auth: string, said: string) =>
      lab.expect(`AT+WSCFG=0,10,120,1024,${auth}`, said);
    const store = async (space: string) => {
      await lab.command(`AT+SYSMFG=2,"${space}","${space}.1",8,4`);
      assert.equal(await lab.say('PEM\0'), ok);
    };
    await configure('1,1,0', `NO CERT FOUND\r\n${error}`);
    await configure('2,0,1', `NO CA FOUND\r\n${error}`);
    await store('wss_cert');
    await configure('3,1,1', `NO PRVT_KEY FOUND\r\n${error}`);
    await store('wss_key');
    await configure('3,1,1', `NO CA FOUND\r\n${error}`);
    await configure('1,1,0', ok);
    await store('wss_ca');
    await configure('3,1,1', ok);
  });
});

describe('a link of the simulated device', () => {
  it('pings by its configuration, and leaves no timer when it ends', async (lab) => {
    await lab.command('AT+WSCFG=0,2,5');
    const start = lab.clock.now();
    const server = await lab.open();
    await lab.hear(10_000);
    const pings = server.frames.filter(({ opcode }) => opcode === 9);
    const seconds = pings.map(({ at }) => Math.round((at - start) / 1000));
    assert.deepEqual(seconds, [2, 4, 6, 8, 10]);
  });
});

describe('AT+WSSEND on the simulated device', () => {
  it('sends nothing for an empty part, and responds ERROR on a link that reconnects', async (lab) => {
    const server = await lab.open();
    await lab.expect('AT+WSSEND=0,0,0,10000,0', sent);
    assert.deepEqual(frames(server), []);
    server.drop();
    assert.equal(await lab.hear(), '+WS_DISCONNECTED:0\r\n');
    await lab.expect('AT+WSSEND=0,0,0,10000,0', error);
  });

  const hooks = { allocate: (bytes: number) => bytes < 4096 };
  it('refuses a length that exceeds the memory', { hooks }, async (lab) => {
    await lab.open();
    await lab.expect('AT+WSSEND=0,4096', error);
    await lab.expect('AT+WSSEND=0,4095', prompt);
    await lab.say(Buffer.alloc(4095));
  });

  it('fails after its timeout, and up to 10 s more, when the server stops reading', async (lab) => {
    const server = await lab.open();
    server.stopReading();
    let answer = sent;
    let waited = 0;
    while (answer === sent) {
      await lab.command('AT+WSSEND=0,1000,2,3000');
      const start = lab.clock.now();
      lab.device.write(Buffer.alloc(1000));
      answer = (await lab.next()).said;
      waited = lab.clock.now() - start;
    }
    assert.equal(answer, `+WS_DISCONNECTED:0\r\n${error}`);
    assert.ok(waited >= 3000 && waited <= 13_000, `${waited} ms`);
    server.startReading();
  });
});

/** A failed send of class D releases the lock that the link's task holds while it reads a frame. */
describe('two sends while a frame stalls', () => {
  /** Lets a frame stall, and a first send time out. */
  const stall = async (lab: Lab): Promise<WsConnection> => {
    const server = await lab.open();
    server.sendRaw(encodeServerFrame(frame('stalled')).subarray(0, 5));
    assert.equal(await lab.hear(), '+WS_DATA:0,3,sta\r\n');
    await lab.expect('AT+WSSEND=0,1,1,1000', prompt);
    assert.equal(await lab.say('1', 1000), error);
    return server;
  };

  it('the second fails in a black hole: the link reconnects once', async (lab) => {
    await stall(lab);
    lab.device.network.blackHole = true;
    await lab.command('AT+WSSEND=0,6000,1,1000');
    lab.device.write(Buffer.alloc(6000));
    assert.equal(await lab.hear(10_990), '+WS_DATA:0,0,\r\n');
    assert.equal(await lab.hear(20), `+WS_DISCONNECTED:0\r\n${error}`);
    lab.device.network.blackHole = false;
    await lab.expect('AT+WSOPEN?', `+WSOPEN:0,3,"ws://server.test/plain"\r\n${ok}`);
    assert.equal(await lab.hear(10_000), '+WS_CONNECTED:0\r\n');
    await lab.expect('AT+WSCLOSE=0', ok, 1001);
  });

  for (const [how, end] of [
    ['FIN', (server: WsConnection) => server.drop()],
    ['RST', (server: WsConnection) => server.reset()],
  ] as const)
    it(`the second waits for room when ${how} comes: ERROR, and a reconnect`, async (lab) => {
      const server = await stall(lab);
      server.stopReading();
      await lab.command('AT+WSSEND=0,6000,1,5000');
      assert.equal(await lab.say(Buffer.alloc(6000)), '');
      end(server);
      assert.equal(await lab.hear(), `+WS_DISCONNECTED:0\r\n${error}`);
      server.startReading();
      assert.equal(await lab.hear(10_100), '+WS_CONNECTED:0\r\n');
    });
});

describe('data received by the simulated device', () => {
  it('leaves an empty chunk and lost framing behind a frame that stalls for 10 s', async (lab) => {
    const server = await lab.open();
    const bytes = encodeServerFrame(frame('stalled'));
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
