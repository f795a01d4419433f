import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isMatched, type StepOutcome } from './outcome';
import { fence, OPEN, replay, replayStep, step } from './replaying';

describe('a replay finds what differs', () => {
  test('nothing, when all is as recorded', async () => {
    const { steps } = await replay(
      OPEN +
        step(
          'query',
          'H>   0.000  AT+SYSLOG?\\r\\n',
          'D>   0.001  AT+SYSLOG?\\r\\n+SYSLOG:0\\r\\n\\r\\nOK\\r\\n',
        ),
    );
    assert.deepEqual(steps.map(isMatched), [true, true]);
  });

  test('one byte of an answer', async () => {
    const outcome = await replayStep(
      step(
        'query',
        'H>   0.000  AT+SYSLOG?\\r\\n',
        'D>   0.001  AT+SYSLOG?\\r\\n+SYSLOG:1\\r\\n\\r\\nOK\\r\\n',
      ),
    );
    assert.deepEqual(outcome.differences, [
      'expected AT+SYSLOG?\\r\\n+SYSLOG:1\\r\\n\\r\\nOK\\r\\n\n' +
        'actual   AT+SYSLOG?\\r\\n+SYSLOG:0\\r\\n\\r\\nOK\\r\\n',
    ]);
  });

  test('one byte in the shown part of a long piece, and one byte of its length', async () => {
    const long = (tail: string, total: number): string =>
      step('receive', `D>   0.001  +WS_DATA:0,1024,abcdef …[${total} bytes]… ${tail}\\r\\n`);
    assert.ok(isMatched(await replayStep(OPEN + long('ghij', 1042))));
    assert.equal((await replayStep(OPEN + long('ghik', 1042))).differences.length, 1);
    assert.equal((await replayStep(OPEN + long('ghij', 1041))).differences.length, 1);
  });

  test('output that is missing, and output that is too much', async () => {
    const missing = await replayStep(
      step(
        'AT',
        'H>   0.000  AT\\r\\n',
        'D>   0.001  AT\\r\\n\\r\\nOK\\r\\n',
        'D>   1.000  WIFI GOT IP\\r\\n',
      ),
    );
    assert.deepEqual(missing.differences, ['expected WIFI GOT IP\\r\\n\nactual   ']);
    const surplus = await replayStep(step('AT', 'H>   0.000  AT\\r\\n', 'D>   0.001  AT\\r\\n'));
    assert.deepEqual(surplus.differences, ['expected (nothing more)\nactual   \\r\\nOK\\r\\n']);
  });

  test('an answer at another time', async () => {
    const outcome = await replayStep(
      step(
        'refused',
        'H>   0.000  AT+WSOPEN=0,"ws://127.0.0.1:1/"\\r\\n',
        'D>   0.001  AT+WSOPEN=0,"ws://127.0.0.1:1/"\\r\\n+WS_DISCONNECTED:0\\r\\n',
        'D>   3.000  \\r\\nERROR\\r\\n',
      ),
    );
    assert.equal(outcome.differences.length, 1);
    assert.match(outcome.differences[0] ?? '', /2\.999 s after.*\nactual {3}5\.\d{3} s/);
  });

  test('what the server got, and what was on the wire', async () => {
    const send = step(
      'send',
      'H>   0.000  AT+WSSEND=0,2\\r\\n',
      'D>   0.001  AT+WSSEND=0,2\\r\\n\\r\\nOK\\r\\n\\r\\n>',
      'H>   0.040  hi',
      'D>   0.041  \\r\\nSEND OK\\r\\n',
    );
    assert.ok(
      isMatched(
        await replayStep(`${OPEN}${send}\nserver got: \`[fin=1 op=1 masked=1 len=2 hi]\`\n`),
      ),
    );
    for (const wrong of [
      '[fin=1 op=2 masked=1 len=2 hi]',
      '[fin=1 op=1 masked=1 len=2 ho]',
      '(none)',
    ]) {
      const outcome = await replayStep(`${OPEN}${send}\nserver got: \`${wrong}\`\n`);
      assert.equal(outcome.differences.length, 1, wrong);
    }
    const wire = (text: string): Promise<StepOutcome> =>
      replayStep(`${OPEN}\non the wire: \`${text}\`\n`);
    assert.ok(isMatched(await wire('/plain ["Sec-WebSocket-Key","any"]')));
    assert.equal((await wire('/other ["Sec-WebSocket-Key","any"]')).differences.length, 1);
    assert.equal((await wire('/plain ["Sec-WebSocket-Key","any","X","1"]')).differences.length, 1);
  });

  test('an answer to a query that is given as prose', async () => {
    const shown = 'WSOPEN? then: `+WSOPEN:0,2,"ws://127.0.0.1:40001/plain"`';
    assert.ok(isMatched(await replayStep(`${OPEN}\n${shown}\n`)));
    const outcome = await replayStep(`${OPEN}\n${shown.replace(',2,', ',1,')}\n`);
    assert.equal(outcome.differences.length, 1);
  });

  test('pings that come too often', async () => {
    const line = 'WSCFG=0,5,9: pings at s `1.9 3.9 5.9 7.9 9.9`';
    assert.equal((await replayStep(`${line}\n`)).differences.length, 1);
    assert.ok(isMatched(await replayStep(`${line.replace('=0,5,9', '=0,2,9')}\n`)));
  });

  test('another class of firmware', async () => {
    const row = fence('AT+WSDATAFMT=0,0,55  ->  <echo>\\r\\nOK\\r\\n');
    assert.ok(isMatched(await replayStep(row, 'D')));
    assert.ok(!isMatched(await replayStep(row, 'C')));
  });
});

describe('a replay forgives only what is stated', () => {
  test('a report that races with an answer, not one that belongs to it', async () => {
    const echo = OPEN.replaceAll('/plain', '/echo');
    const send = step(
      'send',
      'H>   0.000  AT+WSSEND=0,2\\r\\n',
      'D>   0.001  AT+WSSEND=0,2\\r\\n\\r\\nOK\\r\\n\\r\\n>',
      'H>   0.040  hi',
      'D>   0.041  +WS_DATA:0,2,hi\\r\\n\\r\\nSEND OK\\r\\n',
    );
    const raced = await replayStep(echo + send);
    assert.ok(isMatched(raced));
    assert.match(raced.remarks.join(), /raced with an answer/);
    const swapped = OPEN.replace(
      '+WS_CONNECTED:0\\r\\n\\r\\nOK\\r\\n',
      '\\r\\nOK\\r\\n+WS_CONNECTED:0\\r\\n',
    );
    assert.ok(!isMatched(await replayStep(swapped)));
  });

  test('version strings, not what stands around them', async () => {
    const version = (start: string): string =>
      step(
        'version',
        'H>   0.000  AT+GMR\\r\\n',
        `D>   0.001  AT+GMR\\r\\n${start}:9.9.9(somewhere)\\r\\nSDK version:v0\\r\\ncompile time(1):now\\r\\nBin version:x\\r\\n\\r\\nOK\\r\\n`,
      );
    assert.ok(isMatched(await replayStep(version('AT version'))));
    assert.ok(!isMatched(await replayStep(version('AT wersion'))));
  });

  test("the board's own address, not what stands around it", async () => {
    const address = (text: string): string =>
      step(
        'address',
        'H>   0.000  AT+CIPSTAMAC?\\r\\n',
        `D>   0.001  AT+CIPSTAMAC?\\r\\n+CIPSTAMAC:${text}\\r\\n\\r\\nOK\\r\\n`,
      );
    assert.ok(isMatched(await replayStep(address('"18:fe:34:98:d3:7b"'))));
    assert.ok(!isMatched(await replayStep(address('18:fe:34:98:d3:7b'))));
  });

  test('one ping of the device at the edge of a long step, not two', async () => {
    const send = step(
      'prompt, 40 s nothing',
      'H>   0.000  AT+WSSEND=0,4\\r\\n',
      'D>   0.001  AT+WSSEND=0,4\\r\\n\\r\\nOK\\r\\n\\r\\n>',
      'H>  40.000  late',
      'D>  40.001  \\r\\nSEND OK\\r\\n',
    );
    const replayed = async (pings: number): Promise<StepOutcome> => {
      const shown = '[fin=1 op=9 masked=1 len=0] '.repeat(pings);
      const got = `server got: \`${shown}[fin=1 op=1 masked=1 len=4 late]\``;
      return replayStep(`${OPEN}${send}\n${got}\n`);
    };
    for (const pings of [0, 3, 4]) assert.deepEqual((await replayed(pings)).differences, []);
    for (const pings of [2, 6]) assert.equal((await replayed(pings)).differences.length, 1);
  });

  test('when a reconnect comes, not that it comes', async () => {
    const drop = (seconds: string, last: string): string =>
      step(
        'server drops TCP',
        'D>   0.001  +WS_DISCONNECTED:0\\r\\n',
        `D>  ${seconds}  +WS_CONNECTED:${last}\\r\\n`,
      );
    assert.ok(isMatched(await replayStep(OPEN + drop('10.004', '0'))));
    assert.ok(isMatched(await replayStep(OPEN + drop('15.004', '0'))));
    assert.ok(!isMatched(await replayStep(OPEN + drop('10.004', '1'))));
  });
});

describe('what nobody can do is said, and counts against the replay', () => {
  test('an act of the server in unknown words, with nothing to tell it by', async () => {
    const outcome = await replayStep(OPEN + step('odd', 'S    0.100  server dances'));
    assert.match(outcome.notReplayable ?? '', /server dances/);
    assert.ok(!isMatched(outcome));
  });

  test('the same words are no obstacle when the output tells', async () => {
    const lines = ['S    0.100  server dances', 'D>   0.102  +WS_DATA:0,2,hi\\r\\n'];
    const outcome = await replayStep(OPEN + step('odd', ...lines));
    assert.ok(isMatched(outcome));
    assert.match(outcome.remarks.join(), /inferred/);
  });

  test('a step of which only the title is known', async () => {
    const outcome = await replayStep(OPEN + step('something happens'));
    assert.match(outcome.notReplayable ?? '', /something happens/);
  });

  test('prose without anything to compare is listed, not counted', async () => {
    const { steps, unread } = await replay(`${OPEN}\nthe day was fine\n\n(this is an aside)\n`);
    assert.deepEqual(steps.map(isMatched), [true]);
    assert.equal(unread.length, 1);
    assert.match(unread[0] ?? '', /the day was fine/);
  });
});

describe('what was left out is filled in', () => {
  test('noise of the host, its NUL bytes by what is missing in the echo', async () => {
    const noise = (echoed: number): string =>
      step(
        'noise',
        'H>   0.000  a8\\x00Kq2 …[500 bytes]… zz\\r\\n',
        `D>   0.001  a8Kq2 …[${echoed} bytes]… zz\\r\\n\\r\\nERROR\\r\\n`,
      );
    assert.ok(isMatched(await replayStep(noise(508))));
    assert.ok(isMatched(await replayStep(noise(501))));
    assert.ok(!isMatched(await replayStep(noise(509))));
  });

  test('payloads and commands that were written the moment the device was ready for them', async () => {
    const lines = [
      'H>   0.000  AT+WSSEND=0,4\\r\\na\\r\\nbAT\\r\\n',
      'D>   0.001  AT+WSSEND=0,4\\r\\n\\r\\nOK\\r\\n\\r\\n>\\r\\nSEND OK\\r\\nAT\\r\\n\\r\\nOK\\r\\n',
    ];
    const outcome = await replayStep(
      `${OPEN}${step('send', ...lines)}\nserver got: \`[fin=1 op=1 masked=1 len=4 a\\r\\nb]\`\n`,
    );
    assert.deepEqual(outcome.differences, []);
  });
});

test('the age of a clock that was never set is not compared, its day is', async () => {
  const clock = (time: string): string =>
    step(
      'clock',
      'H>   0.000  AT+CIPSNTPTIME?\\r\\n',
      `D>   0.001  AT+CIPSNTPTIME?\\r\\n+CIPSNTPTIME:Thu Jan  ${time} 1970\\r\\nOK\\r\\n`,
    );
  assert.ok(isMatched(await replayStep(clock('1 00:07:12'))));
  assert.ok(!isMatched(await replayStep(clock('2 00:07:12'))));
});
