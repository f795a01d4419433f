import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { encodeFrame } from '../harness/network/ws-server-frames';
import { error, frame, frames, it, ok, words, type Lab } from './lab';

const uri = '"ws://server.test/plain"';

/** Seconds after `start` at which pings reached the server. */
const pings = (lab: Lab, start: number): number[] =>
  lab.connection.frames
    .filter(({ opcode }) => opcode === 9)
    .map(({ at }) => Math.round((at - start) / 1000));

describe('AT+WSCFG on the simulated device', () => {
  it('accepts decimal and hexadecimal numbers within its limits, and requires each', async (lab) => {
    const good = words('0,10,120 2,1,1 0,7200,7200,1 0,10,120,16384 00,010,0x10,0X400 0,1,1,1,0');
    const bad = words(
      `3,10,120 -1,10,120 0,0,1 0,7201,1 0,1,0 0,1,7201 0,1,1,0 0,1,1,16385 0 0,10 0,, 0,10,
      0,10,120, 0,10,120,,0 0,10.5,120 0,"10",120 4294967296,10,120 0,10,120,1024,4,0,0
      0,10,120,1024,0,0,0 0,10,120,1024,1 0,10,120,1024,2,0 0,10,120,1024,2,,0`,
    );
    await lab.expectEach('AT+WSCFG=', good, ok);
    await lab.expectEach('AT+WSCFG=', [...bad, '', '0, 10,120'], error);
  });

  it('has smaller limits in class B, and no authentication', { firmware: 'B' }, async (lab) => {
    await lab.expect('AT+WSCFG=0,10,120,8192', ok);
    await lab.expectEach('AT+WSCFG=0,10,120,', ['8193', '1024,0'], error);
  });

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

  const uses: readonly [title: string, inForce: boolean, before: string, ms?: number][] = [
    ['is in force for the next open', true, 'AT'],
    ['survives an error in its parameters', true, 'AT+WSCFG=0,0,5'],
    ['survives an error in the parameters of AT+WSOPEN', true, 'AT+WSOPEN=0,x'],
    ['survives an error in the URI', true, 'AT+WSOPEN=0,"http://server.test/"'],
    ['is used up by a close of a link that is not open', false, 'AT+WSCLOSE=0', 1100],
    ['is used up by a failed open', false, 'AT+WSOPEN=0,"ws://server.test/401"', 6000],
  ];
  for (const [title, inForce, before, ms] of uses) {
    it(title, async (lab) => {
      await lab.command('AT+WSCFG=0,2,5');
      await lab.command(before, ms);
      const start = lab.clock.now();
      await lab.open();
      await lab.hear(5500);
      assert.deepEqual(pings(lab, start), inForce ? [2, 4] : []);
    });
  }

  const closes: Readonly<Record<string, (lab: Lab) => unknown>> = {
    "by the host's close after an open": (lab) => lab.command('AT+WSCLOSE=0', 1100),
    "by the server's close": (lab) => lab.connection.close(1000),
  };
  for (const [title, close] of Object.entries(closes)) {
    it(`is used up ${title}`, async (lab) => {
      await lab.command('AT+WSCFG=0,2,5');
      await lab.open();
      await close(lab);
      await lab.hear(200);
      const start = lab.clock.now();
      await lab.open();
      await lab.hear(5500);
      assert.deepEqual(pings(lab, start), []);
    });
  }

  it('has no effect on an open link, nor on its reconnects', async (lab) => {
    await lab.open();
    await lab.expect('AT+WSCFG=0,2,5', ok);
    await lab.hear(5500);
    await lab.command('AT+WSCLOSE=0', 1100);
    const start = lab.clock.now();
    await lab.open();
    await lab.hear(5500);
    assert.deepEqual(pings(lab, start), []);
  });
});

describe('a link of the simulated device', () => {
  it('pings while it is idle, and not while data comes', async (lab) => {
    await lab.command('AT+WSCFG=0,2,5');
    const server = await lab.open();
    const start = lab.clock.now();
    for (let second = 0; second < 10; second++) {
      server.send(frame('x'));
      assert.equal(await lab.hear(1000), '+WS_DATA:0,1,x\r\n');
    }
    assert.deepEqual(pings(lab, start), []);
    await lab.hear(5000);
    assert.deepEqual(pings(lab, start), [11, 13]);
  });

  it('pings by its configuration until it closes', async (lab) => {
    await lab.command('AT+WSCFG=0,2,5');
    const start = lab.clock.now();
    await lab.open();
    await lab.hear(10_000);
    assert.deepEqual(pings(lab, start), [2, 4, 6, 8, 10]);
  });

  it('is lost when no pong comes, and reconnects 10 s later', async (lab) => {
    await lab.command('AT+WSCFG=0,2,5');
    lab.server.behavior.answersPings = false;
    const start = lab.clock.now();
    await lab.open();
    assert.equal((await lab.next()).said, '+WS_DISCONNECTED:0\r\n');
    assert.equal(Math.round((lab.clock.now() - start) / 1000), 7);
    await lab.expect('AT+WSOPEN?', `+WSOPEN:0,3,"ws://server.test/plain"\r\n${ok}`);
    const again = await lab.next();
    assert.equal(again.said, '+WS_CONNECTED:0\r\n');
    assert.equal(Math.round(again.after / 1000), 10);
    await lab.command('AT+WSCLOSE=0', 1100);
  });

  it('reconnects every 10 s after a loss, with its configuration and headers', async (lab) => {
    await lab.command('AT+WSHEAD=4', 5);
    await lab.say('A: b');
    await lab.command('AT+WSCFG=0,2,5');
    (await lab.open()).drop();
    assert.equal(await lab.hear(50), '+WS_DISCONNECTED:0\r\n');
    await lab.command('AT+WSHEAD=0');
    const reconnected = await lab.next();
    assert.equal(reconnected.said, '+WS_CONNECTED:0\r\n');
    assert.ok(Math.abs(reconnected.after - 9945) < 20, `${reconnected.after} ms`);
    assert.deepEqual(lab.server.requests[1]?.headers.at(-1), ['A', 'b']);
    const start = lab.clock.now();
    await lab.hear(6000);
    // The first ping is overdue from the time before; it goes out after the first second.
    assert.deepEqual(pings(lab, start), [1, 3, 5]);
  });

  it('reports each failed attempt', async (lab) => {
    const server = await lab.open();
    lab.network.reachable = false;
    await lab.hear(100);
    lab.network.reachable = true;
    server.reset();
    assert.equal(await lab.hear(50), '+WS_DISCONNECTED:0\r\n');
    lab.network.reachable = false;
    assert.equal((await lab.next()).said, '+WS_DISCONNECTED:0\r\n');
    await lab.expect('AT+WSOPEN?', `+WSOPEN:0,3,${uri}\r\n${ok}`);
    await lab.hear(10_500);
    await lab.expect('AT+WSOPEN?', `+WSOPEN:0,1,${uri}\r\n${ok}`);
    await lab.expect(`AT+WSOPEN=0,${uri}`, error);
    await lab.command('AT+WSCLOSE=0');
    assert.equal((await lab.next()).said, '+WS_DISCONNECTED:0\r\n');
    assert.deepEqual(await lab.next(), { said: ok, after: 5000 });
  });

  it('responds to the close frame of the server and closes', async (lab) => {
    const server = await lab.open();
    server.close(1001, 'going away');
    assert.equal(await lab.hear(20), '+WS_CLOSED:0\r\n');
    assert.deepEqual(frames(server), ['1 8']);
    await lab.expect('AT+WSOPEN?', ok);
    await lab.expect('AT+WSSEND=0,3', error);
    assert.equal(await lab.hear(30_000), '');
  });

  it('keeps TCP for 1 s after the close frame when the server does not end it', async (lab) => {
    const server = await lab.open();
    lab.server.behavior.answersCloses = false;
    server.sendRaw(encodeFrame(frame('\x03\xe8', 8)));
    assert.equal(await lab.hear(990), '+WS_CLOSED:0\r\n');
    assert.equal(server.open, true);
    await lab.hear(20);
    assert.equal(server.open, false);
  });

  it('sends two close frames when the host sends one: the second responds to the server', async (lab) => {
    const server = await lab.open();
    await lab.command('AT+WSSEND=0,2,8');
    assert.equal(await lab.say('\x03\xe8', 200), '\r\nSEND OK\r\n+WS_CLOSED:0\r\n');
    assert.deepEqual(frames(server), ['1 8 \x03\xe8', '1 8']);
  });

  it('does not answer a close frame in class A', { firmware: 'A' }, async (lab) => {
    const server = await lab.open();
    await lab.hear(1000);
    server.close(1000);
    assert.equal(await lab.hear(), '+WS_CLOSED:0\r\n');
    assert.deepEqual(frames(server), []);
  });
});

describe('AT+WSCLOSE on the simulated device', () => {
  it('closes at the next second of the connection, without a close frame', async (lab) => {
    const server = await lab.open();
    await lab.hear(250);
    const start = lab.clock.now();
    await lab.command('AT+WSCLOSE=0');
    const { said } = await lab.next();
    assert.equal(said, ok);
    assert.ok(lab.clock.now() - start < 750);
    await lab.hear();
    assert.deepEqual(frames(server), []);
    assert.equal(server.open, false);
  });

  it('loses data that comes before it ends, and ends when data comes', async (lab) => {
    const server = await lab.open();
    await lab.command('AT+WSCLOSE=0');
    server.send(frame('late'));
    assert.equal(await lab.hear(10), ok);
  });

  it('takes up to 5 s while the link waits to reconnect', async (lab) => {
    (await lab.open()).drop();
    await lab.hear(1000);
    await lab.command('AT+WSCLOSE=0');
    const { said, after } = await lab.next();
    assert.equal(said, ok);
    assert.ok(after > 3900 && after < 4100, `${after} ms`);
    assert.equal(await lab.hear(20_000), '');
  });

  it('always responds OK', async (lab) => {
    await lab.expect('AT+WSCLOSE=2', ok);
    await lab.expect('AT+WSCLOSE=3', error);
    await lab.expect('AT+WSCLOSE=0,1', error);
  });
});
