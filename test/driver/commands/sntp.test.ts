import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cipsntpcfg, cipsntptime } from '../../../driver/commands/sntp';
import { serversFlaw } from '../../../driver/values/sntp';
import { refused, unchecked } from '../../harness/refused';

describe('SNTP commands', () => {
  it('write the time zone in the format of the firmware', () => {
    assert.equal(cipsntpcfg(8, []).line, 'AT+CIPSNTPCFG=1,8');
    assert.equal(
      cipsntpcfg(-12, ['a.example', 'b.example']).line,
      'AT+CIPSNTPCFG=1,-12,"a.example","b.example"',
    );
    assert.equal(cipsntpcfg(5.75, []).line, 'AT+CIPSNTPCFG=1,545');
    assert.equal(cipsntpcfg(-3.5, []).line, 'AT+CIPSNTPCFG=1,-330');
    assert.equal(cipsntpcfg(0, []).line, 'AT+CIPSNTPCFG=1,0');
    for (const zone of [14.25, -12.25, 5.1, NaN, unchecked('8')]) {
      refused('INVALID_SETTING', () => cipsntpcfg(zone, []));
    }
    for (const server of ['', 'a b', 'a\r\n', unchecked(5)]) {
      refused('INVALID_SETTING', () => cipsntpcfg(0, [server]));
    }
    refused('INVALID_SETTING', () => cipsntpcfg(0, ['a', 'b', 'c', 'd']));
    const [name, names] = ['x'.repeat(230), ['x'.repeat(112), 'y'.repeat(115)]];
    assert.equal(cipsntpcfg(-11.75, [name]).line, `AT+CIPSNTPCFG=1,-1145,"${name}"`);
    assert.equal(cipsntpcfg(-11.75, names).line.length, 254);
    assert.deepEqual(serversFlaw([`${name}x`]), { reason: 'TOO_LONG', excess: 1 });
    assert.deepEqual(serversFlaw([...names, 'z']), { reason: 'TOO_LONG', excess: 4 });
    refused('INVALID_SETTING', () => cipsntpcfg(0, [`${name}x`]));
    refused('INVALID_SETTING', () => cipsntpcfg(0, unchecked('ntp')));
  });

  it('parse the time', () => {
    assert.equal(cipsntptime.line, 'AT+CIPSNTPTIME?');
    const time = cipsntptime.parse(['+CIPSNTPTIME:Mon Nov 23 20:22:07 2026']);
    assert.equal(time?.toISOString(), '2026-11-23T20:22:07.000Z');
    const unset = cipsntptime.parse(['+CIPSNTPTIME:Thu Jan  1 00:00:00 1970']);
    assert.equal(unset?.getTime(), 0);
    assert.equal(cipsntptime.parse(['+CIPSNTPTIME:Thu Foo  1 00:00:00 1970']), undefined);
    assert.equal(cipsntptime.parse([]), undefined);
  });
});
