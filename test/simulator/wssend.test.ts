import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { firmwareClasses } from '../../simulator/firmware';
import { busy, error, frames, it, ok, prompt, sent, words } from './lab';

describe('AT+WSSEND on the simulated device', () => {
  it('sends text, binary and every opcode, masked', async (lab) => {
    const server = await lab.open();
    const payload = '\x00\r\n\xff>\x00';
    for (const opcode of [1, 2, 3, 7, 9, 10, 11, 15]) {
      await lab.expect(`AT+WSSEND=0,6,${opcode}`, prompt);
      assert.equal(await lab.say(payload), sent);
      assert.deepEqual(frames(server).at(-1), `1 ${opcode} ${payload}`);
      assert.equal(server.frames.at(-1)?.masked, true);
    }
    await lab.command('AT+WSSEND=0,5');
    await lab.say('hello');
    assert.equal(frames(server).at(-1), '1 1 hello');
  });

  it('accepts the payload in chunks and waits for all of it, without a timeout', async (lab) => {
    const server = await lab.open();
    await lab.expect('AT+WSSEND=0,15', prompt);
    assert.equal(await lab.say('ab', 200), '');
    assert.equal(await lab.say('AT+RST\r\n', 1_000_000), '');
    assert.equal(await lab.say('cdefg'), sent);
    assert.ok(frames(server).includes('1 1 abAT+RST\r\ncdefg'));
  });

  it('drops data in the same write as the command, and bytes beyond the length', async (lab) => {
    const server = await lab.open();
    assert.equal(await lab.say('AT+WSSEND=0,5\r\nhello\r\n'), `${busy}${prompt}`);
    assert.equal(await lab.say('HELLO'), sent);
    await lab.command('AT+WSSEND=0,5');
    assert.equal(await lab.say('helloAT+WSOPEN?\r\n'), `${busy}${sent}`);
    await lab.expect('AT', ok);
    assert.deepEqual(frames(server), ['1 1 HELLO', '1 1 hello']);
  });

  it('responds ERROR to bad parameters without a prompt', async (lab) => {
    await lab.open();
    const bad = words(
      `0 0, 0,-1 0,"3" 0,16385 0,3, 0,3,16 0,3,-1 0,3,1,-1 0,3,1,60001 0,3,2,,1 0,3,1,10000,2
      0,3,1,10000,-1 0,3,1,10000,1,1 1,3 3,3`,
    );
    await lab.expectEach('AT+WSSEND=', bad, error);
  });

  it('splits a message that is longer than the buffer', async (lab) => {
    await lab.command('AT+WSCFG=0,10,120,1000');
    const server = await lab.open();
    await lab.command('AT+WSSEND=0,2500,2');
    assert.equal(await lab.say(Buffer.alloc(2500, 'x')), sent);
    const sizes = server.frames.map(({ fin, opcode, payload }) => [fin, opcode, payload.length]);
    assert.deepEqual(sizes, [
      [false, 2, 1000],
      [false, 0, 1000],
      [true, 0, 500],
    ]);
  });

  for (const firmware of firmwareClasses) {
    const newest = firmware === 'D';
    it(`has the limits of class ${firmware}`, { firmware }, async (lab) => {
      const server = await lab.open();
      const longest = newest ? 16_384 : 8192;
      await lab.expect(`AT+WSSEND=0,${longest + 1}`, error);
      await lab.expect(`AT+WSSEND=0,${longest}`, prompt);
      assert.equal(await lab.say(Buffer.alloc(longest)), sent);
      assert.equal(server.frames.length, longest / 1024);
      await lab.expect('AT+WSSEND=0,0', newest ? sent : error);
      await lab.expect('AT+WSSEND=0,3,1,10000,1', newest ? prompt : error);
    });
  }

  it('sends nothing for an empty part of a message, and not even that on a link that reconnects', async (lab) => {
    const server = await lab.open();
    await lab.expect('AT+WSSEND=0,0,0,10000,0', sent);
    assert.deepEqual(frames(server), []);
    server.drop();
    assert.equal(await lab.hear(), '+WS_DISCONNECTED:0\r\n');
    await lab.expect('AT+WSSEND=0,0,0,10000,0', error);
  });

  it('fragments in class D, and loses the payload of a final continuation', async (lab) => {
    const server = await lab.open();
    const send = async (parameters: string, payload: string) => {
      await lab.expect(`AT+WSSEND=${parameters}`, prompt);
      return lab.say(payload);
    };
    assert.equal(await send('0,3,1,10000,0', 'abc'), sent);
    assert.equal(await send('0,3,0,10000,0', 'def'), sent);
    assert.equal(await send('0,3,0,10000,1', 'ghi'), error);
    assert.deepEqual(frames(server), ['0 1 abc', '0 0 def', '1 0']);
    assert.equal(await send('0,3,2,10000,0', 'abc'), sent);
    await lab.expect('AT+WSSEND=0,0,0,10000,1', sent);
    assert.deepEqual(frames(server).slice(3), ['0 2 abc', '1 0']);
    assert.equal(await send('0,3,9,10000,0', 'abc'), error);
    assert.equal(await send('0,3,5,10000,0', 'abc'), error);
    assert.equal(server.frames.length, 5);
  });

  it('sends the payload of a continuation in classes A to C', { firmware: 'C' }, async (lab) => {
    const server = await lab.open();
    await lab.command('AT+WSSEND=0,3,0');
    assert.equal(await lab.say('abc'), sent);
    assert.deepEqual(frames(server), ['1 0 abc']);
  });

  it('prompts while the link reconnects, and fails then', async (lab) => {
    const server = await lab.open();
    server.drop();
    assert.equal(await lab.hear(50), '+WS_DISCONNECTED:0\r\n');
    await lab.expect('AT+WSSEND=0,3', prompt);
    assert.equal(await lab.say('abc'), error);
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

  it(
    'refuses a length that exceeds the memory',
    { hooks: { allocate: (bytes) => bytes < 4096 } },
    async (lab) => {
      await lab.open();
      await lab.expect('AT+WSSEND=0,4096', error);
      await lab.expect('AT+WSSEND=0,4095', prompt);
      await lab.say(Buffer.alloc(4095));
    },
  );
});
