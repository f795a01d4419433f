import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../../../driver/at/command';
import * as base from '../../../driver/commands/base';
import { cipsntpcfg, cipsntptime, parseSntpTime } from '../../../driver/commands/sntp';
import { sysmfgWrite } from '../../../driver/commands/sysmfg';
import { parseUart, uartCur, uartQuery } from '../../../driver/commands/uart';
import * as wifi from '../../../driver/commands/wifi';
import { refused, unchecked } from '../../harness/refused';

const lines = (...commands: Command[]): string[] => commands.map(({ line }) => line);

describe('base commands', () => {
  it('write the documented lines', () => {
    assert.deepEqual(
      lines(
        base.echoOff(),
        base.version(),
        base.commandList(),
        base.sysStore(false),
        base.sysStore(true),
      ),
      ['ATE0', 'AT+GMR', 'AT+CMD?', 'AT+SYSSTORE=0', 'AT+SYSSTORE=1'],
    );
    assert.equal(base.sysStore(true).name, 'AT+SYSSTORE');
  });

  it('list the commands of the firmware', () => {
    const answer = ['+CMD:34,"AT+WSCFG",0,0,1,0', '+CMD:35,"AT+WSOPEN",0,1,1,0'];
    assert.deepEqual(base.parseCommandList(answer), ['AT+WSCFG', 'AT+WSOPEN']);
    assert.deepEqual(base.parseCommandList([]), []);
  });

  it('do not report a command as absent when its line was corrupt or lost', () => {
    refused('OUT_OF_SYNC', () => base.parseCommandList(['+CMD:0,"AT",0,0,0']));
    refused('OUT_OF_SYNC', () =>
      base.parseCommandList(['+CMD:0,"AT",0,0,0,1', '+CMD:2,"ATE1",0,0,0,1']),
    );
  });

  it('parse the version', () => {
    const answer = ['AT version:4.2.0.0-dev(32ff6e1 - ESP32C3)', 'SDK version:v5.4.4'];
    assert.equal(base.parseVersion(answer), '4.2.0.0-dev(32ff6e1 - ESP32C3)');
    assert.equal(base.parseVersion([]), '');
  });
});

describe('UART commands', () => {
  it('set the baud rate within the range of the firmware', () => {
    assert.equal(uartCur(921_600, 'none').line, 'AT+UART_CUR=921600,8,1,0,0');
    assert.equal(uartCur(80, 'both').line, 'AT+UART_CUR=80,8,1,0,3');
    assert.equal(uartCur(5_000_000, 'rts').line, 'AT+UART_CUR=5000000,8,1,0,1');
    assert.equal(uartCur(115_200, 'none').idempotent, false);
    for (const rate of [79, 5_000_001, 9600.5, NaN, unchecked('9600')]) {
      refused('INVALID_SETTING', () => uartCur(rate, 'none'));
    }
  });

  it('read the baud rate back', () => {
    assert.equal(uartQuery().line, 'AT+UART_CUR?');
    assert.deepEqual(parseUart(['+UART_CUR:115207,8,1,0,3']), {
      rate: 115_207,
      flowControl: 'both',
    });
    assert.deepEqual(parseUart(['+UART_CUR:9600,8,1,0,0']), { rate: 9600, flowControl: 'none' });
    refused('OUT_OF_SYNC', () => parseUart(['+UART_CUR:9600,8']));
    refused('OUT_OF_SYNC', () => parseUart([]));
  });
});

describe('Wi-Fi commands', () => {
  it('join with names and passwords of any characters', () => {
    const { line, name } = wifi.cwjap('my,net"\\', 'pass,word');
    assert.equal(line, 'AT+CWJAP="my\\,net\\"\\\\","pass\\,word"');
    assert.equal(name, 'AT+CWJAP');
    assert.equal(wifi.cwjap('é', '').line, 'AT+CWJAP="\xc3\xa9",""');
    const bssid = 'AA:BB:cc:dd:ee:ff';
    assert.equal(wifi.cwjap('a', 'wep-k', bssid).line, 'AT+CWJAP="a","wep-k","aa:bb:cc:dd:ee:ff"');
    const longest = wifi.cwjap('"'.repeat(32), ','.repeat(63), bssid);
    assert.equal(longest.line.length, 9 + 66 + 1 + 128 + 1 + 19);
  });

  it('refuse invalid names and passwords, without showing the password', () => {
    refused('INVALID_SETTING', () => wifi.cwjap('', ''));
    refused('INVALID_SETTING', () => wifi.cwjap('é'.repeat(17), ''));
    refused('INVALID_SETTING', () => wifi.cwjap('a', '', 'aa:bb'));
    for (const password of ['secret\r\n', 'secret', `secret${'x'.repeat(58)}`, unchecked(5)]) {
      assert.doesNotMatch(
        refused('INVALID_SETTING', () => wifi.cwjap('a', password)).message,
        /secret/,
      );
    }
  });

  it('set modes and reconnect settings within their ranges', () => {
    assert.equal(wifi.cwmode(1).line, 'AT+CWMODE=1');
    refused('INVALID_SETTING', () => wifi.cwmode(4));
    assert.equal(wifi.cwreconncfg(7200, 1000).line, 'AT+CWRECONNCFG=7200,1000');
    refused('INVALID_SETTING', () => wifi.cwreconncfg(7201, 0));
    refused('INVALID_SETTING', () => wifi.cwreconncfg(1, 1001));
  });

  it('parse the responses of the device', () => {
    assert.equal(wifi.parseCwmode(['+CWMODE:1']), 1);
    refused('OUT_OF_SYNC', () => wifi.parseCwmode([]));
    assert.deepEqual(wifi.parseCwstate(['+CWSTATE:4,"my,net"\\"']), {
      state: 4,
      ssid: 'my,net"\\',
    });
    assert.deepEqual(wifi.parseCwstate(['+CWSTATE:0,""']), { state: 0, ssid: '' });
    refused('OUT_OF_SYNC', () => wifi.parseCwstate(['+CWSTATE:9,""']));
    const joined = '+CWJAP:"my,net"\\","AA:bb:cc:dd:ee:ff",1,-50,0,1,3,0,0';
    assert.deepEqual(wifi.parseCwjap([joined]), {
      ssid: 'my,net"\\',
      bssid: 'aa:bb:cc:dd:ee:ff',
      signal: -50,
    });
    assert.equal(wifi.parseCwjap([]), undefined);
    assert.equal(wifi.parseCwstate(['+CWSTATE:2,"\xc3\xa9"']).ssid, 'é');
    assert.equal(wifi.parseCipsta(['+CIPSTA:ip:"192.168.1.77"']), '192.168.1.77');
    assert.equal(wifi.parseCipsta(['+CIPSTA:ip:"0.0.0.0"']), undefined);
  });

  it('parse the reason of a failed join', () => {
    assert.equal(wifi.parseJoinFailure('+CWJAP:1'), 'timeout');
    assert.equal(wifi.parseJoinFailure(': +CWJAP:2, ERR CODE:0x010a0000'), 'password');
    assert.equal(wifi.parseJoinFailure('+CWJAP:3'), 'not-found');
    assert.equal(wifi.parseJoinFailure('+CWJAP:4'), 'other');
    assert.equal(wifi.parseJoinFailure('+CWJAP:12'), undefined);
    assert.equal(wifi.parseJoinFailure(''), undefined);
  });

  it('parse a scan', () => {
    assert.deepEqual(
      wifi.parseCwlap([
        '+CWLAP:(3,"a"b,c",-50,"AA:bb:cc:dd:ee:ff",1,-1,-1,4,4,7,0)',
        '+CWLAP:(0,"open",-70,"aa:bb:cc:dd:ee:00",6)',
        '+CWLAP:(damaged',
      ]),
      [
        { ssid: 'a"b,c', bssid: 'aa:bb:cc:dd:ee:ff', signal: -50, channel: 1, encrypted: true },
        { ssid: 'open', bssid: 'aa:bb:cc:dd:ee:00', signal: -70, channel: 6, encrypted: false },
      ],
    );
  });
});

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
    for (const server of ['', 'a b', 'a\r\n', 'x'.repeat(65), unchecked(5)]) {
      refused('INVALID_SETTING', () => cipsntpcfg(0, [server]));
    }
    refused('INVALID_SETTING', () => cipsntpcfg(0, ['a', 'b', 'c', 'd']));
  });

  it('parse the time', () => {
    assert.equal(cipsntptime().line, 'AT+CIPSNTPTIME?');
    const time = parseSntpTime(['+CIPSNTPTIME:Mon Nov 23 20:22:07 2026']);
    assert.equal(time.toISOString(), '2026-11-23T20:22:07.000Z');
    const unset = parseSntpTime(['+CIPSNTPTIME:Thu Jan  1 00:00:00 1970']);
    assert.equal(unset.getTime(), 0);
    refused('OUT_OF_SYNC', () => parseSntpTime(['+CIPSNTPTIME:Thu Foo  1 00:00:00 1970']));
    refused('OUT_OF_SYNC', () => parseSntpTime([]));
  });
});

describe('AT+SYSMFG', () => {
  it('counts the NUL that ends a PEM text', () => {
    const { line, payload, name } = sysmfgWrite('wss_ca', 0, 'PEM\n');
    assert.equal(line, 'AT+SYSMFG=2,"wss_ca","wss_ca.0",8,5');
    assert.deepEqual(Buffer.from(payload ?? []), Buffer.from('PEM\n\0'));
    assert.equal(name, 'AT+SYSMFG=2,"wss_ca.0"');
    refused('INVALID_SETTING', () => sysmfgWrite('wss_key', -1, ''));
  });
});
