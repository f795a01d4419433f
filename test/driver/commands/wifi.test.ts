import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as wifi from '../../../driver/commands/wifi';
import { refused, unchecked } from '../../harness/refused';

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

  it('set modes and reconnect settings', () => {
    assert.equal(wifi.cwmode(1).line, 'AT+CWMODE=1');
    assert.equal(wifi.cwreconncfg(7200, 1000).line, 'AT+CWRECONNCFG=7200,1000');
  });

  it('parse the responses of the device', () => {
    assert.equal(wifi.cwmodeQuery.parse(['+CWMODE:1']), 1);
    assert.equal(wifi.cwmodeQuery.parse([]), undefined);
    assert.deepEqual(wifi.cwstate.parse(['+CWSTATE:4,"my,net"\\"']), {
      state: 4,
      ssid: 'my,net"\\',
    });
    assert.deepEqual(wifi.cwstate.parse(['+CWSTATE:0,""']), { state: 0, ssid: '' });
    assert.equal(wifi.cwstate.parse(['+CWSTATE:9,""']), undefined);
    const joined = '+CWJAP:"my,net"\\","AA:bb:cc:dd:ee:ff",1,-50,0,1,3,0,0';
    assert.deepEqual(wifi.parseCwjap([joined]), {
      ssid: 'my,net"\\',
      bssid: 'aa:bb:cc:dd:ee:ff',
      signal: -50,
    });
    assert.equal(wifi.parseCwjap([]), undefined);
    assert.equal(wifi.cwstate.parse(['+CWSTATE:2,"\xc3\xa9"'])?.ssid, 'é');
    assert.equal(wifi.parseCipsta(['+CIPSTA:ip:"192.168.1.77"']), '192.168.1.77');
    assert.equal(wifi.parseCipsta(['+CIPSTA:ip:"0.0.0.0"']), undefined);
  });

  it('parse a scan', () => {
    assert.deepEqual(
      wifi.cwlap.parse([
        '+CWLAP:(3,"a"b,c",-50,"AA:bb:cc:dd:ee:ff",1,-1,-1,4,4,7,0)',
        '+CWLAP:(0,"open",-70,"aa:bb:cc:dd:ee:00",6)',
        '+CWLAP:(damaged',
      ]),
      [
        { ssid: 'a"b,c', bssid: 'aa:bb:cc:dd:ee:ff', signal: -50, channel: 1, encrypted: true },
        { ssid: 'open', bssid: 'aa:bb:cc:dd:ee:00', signal: -70, channel: 6, encrypted: false },
      ],
    );
    assert.deepEqual(wifi.cwlap.parse([]), []);
  });

  it('take no other field for the channel of a network: a scan of such lines alone is corrupt', () => {
    const [head, mac] = ['+CWLAP:(3,"a",-50', '"aa:bb:cc:dd:ee:ff"'];
    for (const line of [
      `${head},${mac},4,4,7,0)`,
      `${head},${mac},1,-1,4,4,7,0)`,
      `${head},${mac},4,4)`,
      `${head},${mac})`,
      `${head})`,
      `+CWLAP:("a",-50,${mac},1,-1,-1,4,4,7,0)`,
      '+CWLAP:("a")',
    ]) {
      assert.equal(wifi.cwlap.parse([line]), undefined, line);
      const whole = `+CWLAP:(3,"b",-50,${mac},1,-1,-1,4,4,7,0)`;
      const names = wifi.cwlap.parse([line, whole])?.map(({ ssid }) => ssid);
      assert.deepEqual(names, ['b'], line);
    }
    const strange = `+CWLAP:(3,"a\r\nb",-50,${mac},1,-1,-1,4,4,7,0)`;
    assert.deepEqual(wifi.cwlap.parse([strange]), []);
  });
});
