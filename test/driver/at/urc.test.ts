import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { looksIntact, parseUrc } from '../../../driver/at/urc';

describe('a line', () => {
  it('is a URC with the link that it names', () => {
    assert.deepEqual(parseUrc('+WS_CONNECTED:0'), { kind: 'connected', link: 0 });
    assert.deepEqual(parseUrc('+WS_DISCONNECTED:1'), { kind: 'disconnected', link: 1 });
    assert.deepEqual(parseUrc('+WS_CLOSED:2'), { kind: 'closed', link: 2 });
    assert.deepEqual(parseUrc('+WS_CLOSED:2,1000,"bye"'), { kind: 'closed', link: 2 });
    for (const line of ['+WS_CLOSED:3', '+WS_CLOSED:0x', 'x+WS_CLOSED:0', '+WS_OPENED:0'])
      assert.equal(parseUrc(line), undefined, line);
  });

  it('is a URC without parameters only as a whole', () => {
    const kinds = {
      ready: 'ready',
      'busy p...': 'busy',
      'WIFI CONNECTED': 'wifi-connected',
      'WIFI GOT IP': 'wifi-got-ip',
      'WIFI DISCONNECT': 'wifi-disconnected',
      '+TIME_UPDATED': 'time-updated',
    };
    for (const [line, kind] of Object.entries(kinds)) {
      assert.deepEqual(parseUrc(line), { kind });
      assert.equal(parseUrc(`${line}x`), undefined);
    }
    assert.equal(parseUrc('toString'), undefined);
  });

  it('is a diagnostic by its beginning, or as a whole', () => {
    const known = [
      ...['busy s...', 'ERR CODE:0x01090000', 'Will force to restart!!!', 'Recv 125 bytes'],
      'WIFI GOT IPv6 LL',
    ];
    for (const line of known) assert.deepEqual(parseUrc(line), { kind: 'diagnostic' }, line);
    for (const line of ['Recv 125 bytes!', 'Recv  bytes', 'xERR CODE:0x01090000'])
      assert.equal(parseUrc(line), undefined, line);
  });

  it('looks intact with the prefix of a URC or of a late response', () => {
    for (const line of [
      ...['+IPD,5:', '+STA_CONNECTED:x', '+CWJAP:x', '+WSOPEN:0', '+QUITT', '0,CONNECT', 'CLOSED'],
      ...['STATUS:2', 'ALREADY CONNECTED'],
      ...['+WRITE:0,1,1,,3,abc', '+NOTIFY:0,3,1,2,hi', '+INDICATE:0', '+READ:0', '+PING:23'],
      ...['I (5342) wifi: state', '\x1b[0;31mE (71) esp-tls: no\x1b[0m'],
      ...['smartconfig type:ESPTOUCH', 'smartconfig connected wifi', 'Smart get wifi info'],
    ])
      assert.ok(looksIntact(line), line);
    for (const line of [
      ...['+WS_DOTA:0', 'x+IPD', 'IPD', '5,CLOSED', 'CLOSEDx', 'STATUS:', 'STATUS:2x', ''],
      ...['+READY', 'I (x) wifi: state', 'I (1) wifi', 'X (1) wifi: state'],
    ])
      assert.ok(!looksIntact(line), line);
  });
});
