import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isMatched } from './outcome';
import { fence, OPEN, replay, replayStep, step } from './replaying';

describe('what a recording did not print is brought about', () => {
  test('a link that is needed is opened, one that is in the way is closed', async () => {
    const { steps } = await replay(
      step(
        'send',
        'H>   0.000  AT+WSSEND=1,0\\r\\n',
        'D>   0.001  AT+WSSEND=1,0\\r\\n\\r\\nSEND OK\\r\\n',
      ) + OPEN.replaceAll('=0', '=1').replaceAll(':0\\r', ':1\\r'),
    );
    assert.deepEqual(steps.map(isMatched), [true, true]);
    assert.match(steps[0]?.remarks.join() ?? '', /opened link 1/);
    assert.match(steps[1]?.remarks.join() ?? '', /closed link 1/);
  });

  test('a link is not opened where an error is wanted', async () => {
    const refused = step(
      'send',
      'H>   0.000  AT+WSSEND=1,0\\r\\n',
      'D>   0.001  AT+WSSEND=1,0\\r\\n\\r\\nERROR\\r\\n',
    );
    assert.ok(isMatched(await replayStep(refused)));
  });

  test('a server that is away stays away for as long as attempts are seen to fail', async () => {
    const away = step(
      'server drops TCP',
      'D>   0.001  +WS_DISCONNECTED:0\\r\\n',
      'D>  10.004  +WS_DISCONNECTED:0\\r\\n',
      'D>  20.007  +WS_CONNECTED:0\\r\\n',
    );
    assert.ok(isMatched(await replayStep(OPEN + away)));
  });

  test('a frame that stalls, by its empty chunk', async () => {
    const lines = [
      'D>   0.001  +WS_DATA:0,3,abc\\r\\n',
      'H>   1.000  AT+WSSEND=0,2,1,2000\\r\\n',
      'D>   1.001  AT+WSSEND=0,2,1,2000\\r\\n\\r\\nOK\\r\\n\\r\\n>',
      'H>   1.040  hi',
      'D>   3.041  \\r\\nERROR\\r\\n',
      'D>  10.003  +WS_DATA:0,0,\\r\\n',
    ];
    assert.ok(isMatched(await replayStep(OPEN + step('WSSEND meanwhile', ...lines))));
    const [later = ''] = lines.splice(-1);
    lines.push(later.replace('10.003', ' 7.003'));
    assert.ok(!isMatched(await replayStep(OPEN + step('WSSEND meanwhile', ...lines))));
  });

  test('a server that does not read from a connection that is only opened then', async () => {
    const send = [
      'H>   0.100  AT+WSSEND=0,8192,2,3000\\r\\n',
      'D>   0.101  AT+WSSEND=0,8192,2,3000\\r\\n\\r\\nOK\\r\\n\\r\\n>',
      'H>   0.140  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx …[8192 bytes]… xxxx',
      'D>  13.150  +WS_DISCONNECTED:0\\r\\n\\r\\nERROR\\r\\n',
    ];
    const opened = OPEN.split('\n').filter((line) => /^[HD]>/.test(line));
    assert.ok(isMatched(await replayStep(step('server stops reading', ...opened, ...send))));
  });

  test('all links at once', async () => {
    const second = OPEN.replaceAll('=0,', '=1,').replaceAll('D:0', 'D:1');
    const closed = step(
      'two ends',
      'S    0.000  server drops all connections',
      'D>   0.001  +WS_DISCONNECTED:0\\r\\n+WS_DISCONNECTED:1\\r\\n',
      'D>  10.010  +WS_CONNECTED:0\\r\\n+WS_CONNECTED:1\\r\\n',
    );
    const outcome = await replayStep(OPEN + second + closed);
    assert.deepEqual(outcome.differences, []);
    assert.doesNotMatch(outcome.remarks.join(), /inferred/);
  });

  test('time in which nothing comes', async () => {
    const gone = step('server goes away', 'D>   0.001  +WS_DISCONNECTED:0\\r\\n');
    assert.ok(isMatched(await replayStep(OPEN + gone + step('it stays silent (8 s)'))));
    assert.ok(!isMatched(await replayStep(OPEN + gone + step('it stays silent (18 s)'))));
  });

  test('commands that were written the moment the answer before was complete', async () => {
    const apart = step(
      'CR LF, then AT',
      'H>   0.000  \\r\\nAT\\r\\n',
      'D>   0.001  \\r\\n\\r\\nERROR\\r\\nAT\\r\\n\\r\\nOK\\r\\n',
    );
    assert.deepEqual((await replayStep(apart)).differences, []);
  });

  test('settings that a title names', async () => {
    const busy = step(
      'echo off, SYSLOG=1, busy',
      'H>   0.000  AT\\r\\nAT\\r\\n',
      'D>   0.001  ERR CODE:0x010b0000\\r\\n\\r\\nbusy p...\\r\\n\\r\\nOK\\r\\n',
    );
    assert.deepEqual((await replayStep(busy)).differences, []);
  });

  test('an end of the link that is told before the answer to a payload', async () => {
    for (const report of ['CLOSED', 'DISCONNECTED']) {
      const lines = [
        'H>   0.000  AT+WSSEND=0,5\\r\\n',
        'D>   0.001  AT+WSSEND=0,5\\r\\n\\r\\nOK\\r\\n\\r\\n>',
        'H>   0.036  hello',
        `D>   0.037  +WS_${report}:0\\r\\n\\r\\nERROR\\r\\n`,
      ];
      assert.deepEqual((await replayStep(OPEN + step('send', ...lines))).differences, [], report);
    }
  });

  test('frames of a row that its words tell only in part', async () => {
    const row = 'fragment abc, ping, fragment def  -> +WS_DATA:0,3,abc\\r\\n+WS_DATA:0,3,def\\r\\n';
    const outcome = await replayStep(OPEN + fence(row));
    assert.deepEqual(outcome.differences, []);
    assert.match(outcome.remarks.join(), /inferred/);
  });

  test('that the device was in no network, or not even a station', async () => {
    const join = (report: string): string =>
      step(
        'wrong password',
        'H>   0.000  AT+CWJAP="espressif","nope"\\r\\n',
        `D>   0.001  AT+CWJAP="espressif","nope"\\r\\n${report}`,
        'D>   3.501  +CWJAP:2\\r\\n\\r\\nERROR\\r\\n',
      );
    assert.deepEqual((await replayStep(join('WIFI DISCONNECT\\r\\n'))).differences, []);
    const alone = await replayStep(join(''));
    assert.deepEqual(alone.differences, []);
    assert.match(alone.remarks.join(), /made it a station/);
  });

  test('messages that an echo is not the cause of, and what releases an early one', async () => {
    const lines = [
      'H>   0.000  AT+WSSEND=0,5\\r\\n',
      'D>   0.001  AT+WSSEND=0,5\\r\\n\\r\\nOK\\r\\n\\r\\n>',
      'D>   0.301  +WS_DATA:0,3,one\\r\\n',
      'H>   0.500  hello',
      'D>   0.501  \\r\\nSEND OK\\r\\n+WS_DATA:0,5,hello\\r\\n',
    ];
    const echo = OPEN.replaceAll('/plain', '/echo') + step('send', ...lines);
    assert.deepEqual((await replayStep(echo)).differences, []);
    const early = OPEN.replaceAll('/plain', '/early');
    const ends = ['D>   0.001  +WS_DATA:0,10,early-bird\\r\\n', 'D>   0.101  +WS_CLOSED:0\\r\\n'];
    assert.deepEqual((await replayStep(early + step('end', ...ends))).differences, []);
    assert.deepEqual((await replayStep(early + step('any', ...ends.slice(0, 1)))).differences, []);
  });

  test('a server that does not read, by a payload that fails late', async () => {
    const lines = [
      'H>   0.000  AT+WSSEND=0,4000,2,2000\\r\\n',
      'D>   0.001  AT+WSSEND=0,4000,2,2000\\r\\n\\r\\nOK\\r\\n\\r\\n>',
      'H>   0.040  xxxxxxxxxxxxxxxxxxxx …[4000 bytes]… xxxx',
      'H>   1.000  AT\\r\\n',
      'D>   1.001  \\r\\nbusy p...\\r\\n',
      'D>  12.045  +WS_DISCONNECTED:0\\r\\n\\r\\nERROR\\r\\n',
    ];
    assert.deepEqual((await replayStep(OPEN + step('send', ...lines))).differences, []);
  });

  test('a frame that is reported in one piece although it is longer than the buffer', async () => {
    const format = step(
      'format',
      'H>   0.000  AT+WSDATAFMT=0,1,63\\r\\n',
      'D>   0.001  AT+WSDATAFMT=0,1,63\\r\\n\\r\\nOK\\r\\n',
    );
    const report = `+WS_DATA:0,1,1,1200,0,1024,${'abc'.repeat(400)}\\r\\n`;
    const outcome = await replayStep(OPEN + format + step('message', `D>   0.001  ${report}`));
    assert.deepEqual(outcome.differences, []);
  });
});
