import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../driver/at/command';
import { build, query } from '../../../driver/commands/build';
import { wsclose } from '../../../driver/commands/websocket';
import { EspAtError } from '../../../driver/errors';
import { Desk } from './desk';

const question = query('X');
const at = (): Command => build('AT', { idempotent: true });

const lost = new EspAtError('DEVICE_RESTARTED');

describe('one command at a time', () => {
  it('the next is written in the turn in which the answer is complete', async () => {
    const desk = new Desk();
    const first = desk.run(question);
    const second = desk.run(at());
    assert.deepEqual(desk.written(), ['AT+X?\r\n']);
    desk.say('+X:1\r\n\r\nOK\r');
    await desk.clock.advance(0);
    assert.deepEqual(desk.written(), []);
    desk.say('\n');
    await desk.clock.advance(0);
    assert.deepEqual(desk.written(), ['AT\r\n']);
    desk.say('\r\nOK\r\n');
    await desk.clock.advance(0);
    assert.deepEqual([first.end, second.end], ['done +X:1', 'done ']);
    await desk.clock.advance(60_000);
    assert.equal(desk.clock.pending, 0);
  });

  it('a message follows the one before it without any other turn', () => {
    const desk = new Desk();
    const [first, second] = [desk.send(0, 'one'), desk.send(1, 'three')];
    desk.say('\r\nOK\r\n\r\n>');
    assert.deepEqual(desk.written(), ['AT+WSSEND=0,3\r\n', 'one']);
    desk.say('\r\nSEND OK\r\n');
    assert.deepEqual(
      [first.end, second.end, desk.written()],
      ['sent', 'pending', ['AT+WSSEND=1,5\r\n']],
    );
  });

  it('commands of a sequence have nobody between them, and go before messages', async () => {
    const desk = new Desk();
    desk.answer({
      'AT+X?\r\n': '\r\nOK\r\n',
      'AT\r\n': '\r\nOK\r\n',
      'AT+WSCLOSE=2\r\n': '\r\nOK\r\n',
    });
    desk.send(0, 'm');
    desk.send(0, 'later');
    void desk.session.sequence(async (run) => {
      await run(question);
      await run(at());
    });
    desk.run(wsclose(2));
    assert.deepEqual(desk.written(), ['AT+WSSEND=0,1\r\n']);
    desk.say('\r\nOK\r\n\r\n>\r\nSEND OK\r\n');
    await desk.clock.advance(10);
    assert.deepEqual(desk.written(), [
      'm',
      'AT+X?\r\n',
      'AT\r\n',
      'AT+WSCLOSE=2\r\n',
      'AT+WSSEND=0,5\r\n',
    ]);
  });

  it('reports come through wherever they stand, in order', async () => {
    const desk = new Desk();
    const message = desk.send(0, 'm');
    desk.say(
      '+WS_CLOSED:1\r\n\r\nOK\r\nWIFI GOT IP\r\n\r\n>+WS_DATA:2,5,\r\nOK>\r\n+TIME_UPDATED\r\n',
    );
    assert.deepEqual(desk.told, ['closed 1', 'wifi-got-ip', 'data 2 \r\nOK>', 'time-updated']);
    desk.say('+WS_DISCONNECTED:2\r\n\r\nSEND OK\r\n');
    assert.deepEqual([message.end, desk.told.at(-1)], ['sent', 'disconnected 2']);
  });
});

describe('what waits', () => {
  it('can be withdrawn until its turn has come', () => {
    const desk = new Desk();
    const [first, second, third] = [
      desk.send(0, 'one'),
      desk.send(0, 'two'),
      desk.send(0, 'three'),
    ];
    assert.deepEqual(
      [first.withdraw(), second.withdraw(), second.withdraw()],
      [false, true, false],
    );
    desk.say('\r\nOK\r\n\r\n>\r\nSEND OK\r\n');
    assert.deepEqual(desk.written().at(-1), 'AT+WSSEND=0,5\r\n');
    assert.deepEqual([first.end, second.end, third.end], ['sent', 'pending', 'pending']);
  });

  it('is dropped with its link, but for what is at work', () => {
    const desk = new Desk();
    const [first, second, other] = [desk.send(0, 'one'), desk.send(0, 'two'), desk.send(1, 'x')];
    desk.say('\r\nOK\r\n\r\n>');
    desk.session.dropSends(0, new EspAtError('LINK_CLOSED', { link: 0 }));
    assert.equal(second.end, 'LINK_CLOSED not-sent');
    desk.say('\r\nSEND OK\r\n');
    assert.deepEqual([first.end, other.end], ['sent', 'pending']);
  });
});

describe('a reset', () => {
  it('settles everything, each with what is known of its bytes, and nothing twice', async () => {
    const desk = new Desk();
    const begun = desk.send(0, 'begun');
    desk.say('\r\nOK\r\n\r\n>');
    const [waiting, asked] = [desk.send(1, 'waiting'), desk.run(question)];
    desk.session.reset(lost);
    await desk.clock.advance(0);
    assert.deepEqual(
      [begun.end, waiting.end, asked.end],
      ['SEND_UNKNOWN unknown', 'DEVICE_RESTARTED not-sent', 'DEVICE_RESTARTED'],
    );
    const unprompted = desk.send(0, 'unprompted');
    desk.session.reset(lost);
    assert.equal(unprompted.end, 'DEVICE_RESTARTED not-sent');
    assert.equal(desk.clock.pending, 0);
    const next = desk.run(at());
    desk.say('\r\nOK\r\n');
    await desk.clock.advance(0);
    assert.equal(next.end, 'done ');
  });

  it('ends a sequence that is between two commands: the next is asked of nobody', async () => {
    const desk = new Desk();
    const sequence = desk.watch(
      desk.session.sequence(async (run) => {
        await run(question);
        await run(at());
        return '';
      }),
    );
    // The answer and the restart in one chunk: the sequence hears of its answer only after both.
    desk.say('\r\nOK\r\n');
    desk.session.reset(lost);
    const aligning = desk.session.align(0);
    desk.written();
    await desk.clock.advance(0);
    assert.equal(sequence.end, 'DEVICE_RESTARTED');
    assert.deepEqual(desk.written(), []);
    desk.inStep();
    assert.equal(await desk.clock.wait(aligning), false);
    assert.equal(desk.clock.pending, 0);
  });

  it('for good refuses whatever is asked later, with the same error', async () => {
    const desk = new Desk();
    desk.session.close(lost);
    const [asked, sent] = [desk.run(at()), desk.send(0, 'x')];
    await desk.clock.advance(0);
    assert.deepEqual([asked.end, sent.end], ['DEVICE_RESTARTED', 'DEVICE_RESTARTED not-sent']);
    await assert.rejects(desk.session.align(0), { code: 'DEVICE_RESTARTED' });
    assert.deepEqual(desk.written(), []);
  });
});

describe('silence', () => {
  it('counts, and time in which bytes fill the line does not', async () => {
    const desk = new Desk();
    const asked = desk.run(question);
    desk.written();
    for (let count = 0; count < 600; count++) {
      await desk.clock.advance(50);
      desk.say(`+WS_DATA:0,480,${'flood '.repeat(80)}\r\n`);
    }
    assert.deepEqual(desk.written(), []);
    desk.say('\r\nOK\r\n');
    await desk.clock.advance(0);
    assert.equal(asked.end, 'done ');
  });

  it('is answered with a probe, and busy is proof of life', async () => {
    const desk = new Desk();
    const asked = desk.run({ ...question, timeoutMs: 60_000 });
    desk.written();
    await desk.clock.advance(3999);
    assert.deepEqual(desk.written(), []);
    await desk.clock.advance(1);
    assert.deepEqual(desk.written(), ['\r\n']);
    desk.say('\r\nbusy p...\r\n');
    await desk.clock.advance(5000);
    desk.say('+X:7\r\n\r\nOK\r\n');
    await desk.clock.advance(0);
    assert.equal(asked.end, 'done +X:7');
  });

  for (const [answer, outcome] of [
    ['\r\nOK\r\n', 'sent'],
    ['\r\nERROR\r\n', 'SEND_UNKNOWN unknown'],
    ['', 'SEND_UNKNOWN unknown'],
  ] as const) {
    it(`before a prompt leaves in doubt what the payload was, until asked: ${JSON.stringify(answer)}`, async () => {
      const desk = new Desk();
      const message = desk.send(0, 'hello');
      desk.written();
      await desk.clock.advance(1500);
      assert.deepEqual(desk.written(), ['\r\n']);
      desk.say('\r\nOK\r\n\r\n>');
      assert.deepEqual(desk.written(), ['hello']);
      desk.say('\r\nSEND OK\r\n');
      assert.deepEqual(desk.written(), ['AT\r\n']);
      await desk.clock.advance(0);
      assert.equal(message.end, 'pending');
      desk.inStep();
      desk.say(answer);
      await desk.clock.advance(1000);
      assert.equal(message.end, outcome);
    });
  }

  it('leads back in step, where a late answer never reaches the next command', async () => {
    const desk = new Desk();
    desk.inStep();
    desk.answer({ '\r\n': '' });
    const asked = desk.run({ ...question, idempotent: false });
    const next = desk.run(at());
    await desk.clock.advance(6000);
    assert.deepEqual(desk.told.slice(0, 2), ['out of step: AT+X? was not answered', 'step: crlf']);
    // The answer that was given up, in front of the answer to the CR LF.
    desk.say('+X:1\r\n\r\nOK\r\n\r\nERROR\r\n');
    await desk.clock.advance(100);
    assert.deepEqual([asked.end, next.end], ['OUT_OF_STEP', 'pending']);
    assert.equal(desk.written().at(-1), 'AT\r\n');
    assert.equal(desk.told.at(-1), 'recovered');
    desk.say('\r\nOK\r\n');
    await desk.clock.advance(0);
    assert.equal(next.end, 'done ');
  });

  it('has a prompt filled again when what looked like the end of it was received data', async () => {
    const desk = new Desk();
    const aligning = desk.session.align(16_384);
    desk.say('in the middle of data\r\nERROR\r\n');
    await desk.clock.advance(2000);
    // The question went into the prompt, as the CR LF does.
    assert.deepEqual(desk.written(), ['\r\n'.repeat(4), 'AT+SYSLOG?\r\n', '\r\n']);
    await desk.clock.advance(500);
    assert.deepEqual(desk.written(), ['\r\n'.repeat(4)]);
    desk.inStep();
    desk.say('\r\nSEND OK\r\n');
    assert.equal(await desk.clock.wait(aligning), true);
    assert.deepEqual(desk.written(), ['AT+SYSSTORE?\r\n']);
  });

  it('is given up after three attempts at what may be repeated, and a restart is tried', async () => {
    const desk = new Desk();
    desk.inStep();
    const asked = desk.run(question);
    await desk.clock.advance(60_000);
    assert.equal(asked.end, 'OUT_OF_STEP');
    assert.equal(desk.written().filter((line) => line === 'AT+X?\r\n').length, 3);
    desk.answer({ '\r\n': '' });
    desk.run(question);
    await desk.clock.advance(60_000);
    assert.deepEqual(desk.told.slice(-2), ['step: restart', 'dead']);
    assert.equal(desk.written().at(-1), 'AT+RST\r\n');
    desk.session.close(lost);
    assert.equal(desk.clock.pending, 0);
  });
});

describe('damage', () => {
  it('is told once, and nothing received counts until both are in step again', async () => {
    const desk = new Desk();
    desk.inStep();
    desk.say('+WS_DATA:0,4,hello\r\n+WS_DATA:0,2,no\r\n+WS_CLOSED:0\r\n+WS_DATA:0,9,hi\r\n\r\n');
    await desk.clock.advance(5000);
    assert.deepEqual(
      desk.told.filter((text) => /^(gap|data|closed|recovered)/.test(text)),
      ['gap', 'recovered'],
    );
    desk.say('+WS_DATA:0,3,yes\r\n');
    assert.equal(desk.told.at(-1), 'data 0 yes');
  });

  for (const [what, text] of [
    ['data that does not go on', '+WS_DATA:0,900,hello\r\n'],
    ['a report without its line end', '+WS_CLOSED:0\r'],
  ] as const) {
    it(`shows in ${what}, soon and by itself`, async () => {
      const desk = new Desk();
      desk.inStep();
      desk.say(text);
      await desk.clock.advance(1400);
      assert.equal(desk.told.length, 0);
      await desk.clock.advance(600);
      assert.equal(desk.told.at(-1), 'recovered');
      assert.ok(desk.told.includes('gap'));
      assert.equal(desk.clock.pending, 0);
    });
  }

  it('never makes a message of ours a command, nor a command a message', async () => {
    const desk = new Desk();
    desk.inStep();
    const message = desk.send(0, 'AT+RST\r\n');
    // What is at work is said again only in step, and its payload only after its own prompt.
    desk.say('+WS_DATA:0,1,xx\r\n');
    await desk.clock.advance(3000);
    const written = desk.written();
    assert.ok(!written.includes('AT+RST\r\n'), written.join('|'));
    assert.equal(written.at(-1), 'AT+WSSEND=0,8\r\n');
    desk.say('\r\nOK\r\n\r\n>');
    assert.deepEqual(desk.written(), ['AT+RST\r\n']);
    desk.say('\r\nSEND OK\r\n');
    assert.equal(message.end, 'sent');
  });
});
