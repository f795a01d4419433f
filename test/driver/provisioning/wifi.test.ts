import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../driver/errors';
import { joinWifi, scan } from '../../../driver/provisioning/wifi';
import { rejected } from '../../harness/refused';
import { ScriptedRun, type Reply } from '../../harness/scripted-run';

const home = { ssid: 'home', password: 'secret-word' };
const REJOIN = 'AT+CWRECONNCFG=1,0';

/** A device in this Wi-Fi state that answers a join like this. */
function station(state: string, { mode = 1, join = [] as Reply, after = state } = {}): ScriptedRun {
  let joined = false;
  return new ScriptedRun((line) => {
    if (line === 'AT+CWSTATE?') return [`+CWSTATE:${joined ? after : state}`];
    if (line === 'AT+CWMODE?') return [`+CWMODE:${mode}`];
    if (line === 'AT+CWJAP?') return ['+CWJAP:"home","aa:bb:cc:dd:ee:01",1,-50,0,1,3,0,0'];
    if (!line.startsWith('AT+CWJAP=')) return [];
    joined = true;
    return join;
  });
}

describe('joining a network', () => {
  it('leaves alone what is joined already, and has it rejoin by itself', async () => {
    const device = station('2,"home"');
    await joinWifi(device.run, home);
    assert.deepEqual(device.asked, ['AT+CWSTATE?', REJOIN]);
  });

  it('joins from factory state', async () => {
    const device = station('0,""', { mode: 0 });
    await joinWifi(device.run, home);
    assert.deepEqual(device.asked, [
      'AT+CWSTATE?',
      'AT+CWMODE?',
      'AT+CWMODE=1',
      'AT+CWJAP="home","secret-word"',
      REJOIN,
    ]);
  });

  it('keeps an access point that the device has', async () => {
    const device = station('0,""', { mode: 2 });
    await joinWifi(device.run, home);
    assert.ok(device.asked.includes('AT+CWMODE=3'));
  });

  it('leaves another network for the wanted one', async () => {
    const device = station('2,"elsewhere"');
    await joinWifi(device.run, { ssid: 'my,net"\\', password: '' });
    assert.ok(device.asked.includes('AT+CWJAP="my\\,net\\"\\\\",""'));
  });

  it('knows a joined network by any name', async () => {
    const device = station('2,"caf\xc3\xa9,"x\\"');
    await joinWifi(device.run, { ssid: 'café,"x\\', password: 'x' });
    assert.deepEqual(device.asked, ['AT+CWSTATE?', REJOIN]);
  });

  it('changes the access point only when another one is wanted', async () => {
    const same = station('2,"home"');
    await joinWifi(same.run, { ...home, bssid: 'AA:BB:CC:DD:EE:01' });
    assert.deepEqual(same.asked, ['AT+CWSTATE?', 'AT+CWJAP?', REJOIN]);
    const other = station('2,"home"');
    await joinWifi(other.run, { ...home, bssid: 'aa:bb:cc:dd:ee:02' });
    assert.ok(other.asked.includes('AT+CWJAP="home","secret-word","aa:bb:cc:dd:ee:02"'));
  });

  it('waits for a device that is joining by itself', async () => {
    const states = ['3,"home"', '1,"home"', '2,"home"'];
    const device = new ScriptedRun((line) =>
      line === 'AT+CWSTATE?' ? [`+CWSTATE:${states.shift() ?? ''}`] : [],
    );
    let pauses = 0;
    await joinWifi(device.run, home, {
      pause: async () => {
        pauses++;
      },
    });
    assert.equal(pauses, 2);
    assert.deepEqual(device.asked, ['AT+CWSTATE?', 'AT+CWSTATE?', 'AT+CWSTATE?', REJOIN]);
  });

  it('does not wait for ever, nor for another network, nor without a clock', async () => {
    let pauses = 0;
    const pause = async () => {
      pauses++;
    };
    const stuck = station('3,"home"');
    await joinWifi(stuck.run, home, { pause });
    assert.equal(pauses, 40);
    assert.ok(stuck.asked.includes('AT+CWJAP="home","secret-word"'));
    pauses = 0;
    await joinWifi(station('3,"elsewhere"').run, home, { pause });
    assert.equal(pauses, 0);
    const hasty = station('3,"home"');
    await joinWifi(hasty.run, home);
    assert.equal(hasty.asked.filter((line) => line === 'AT+CWSTATE?').length, 1);
  });

  it('ends at once when nobody waits any more', async () => {
    const device = station('3,"home"');
    const stopped = joinWifi(device.run, home, {
      pause: () => Promise.reject(new Error('stopped')),
    });
    await assert.rejects(stopped, /stopped/);
    assert.deepEqual(device.asked, ['AT+CWSTATE?']);
  });

  it('says why it failed, and never the password', async () => {
    const failures: [readonly string[], string, ErrorCode][] = [
      [['+CWJAP:1'], '4,"home"', 'WIFI_TIMEOUT'],
      [['+CWJAP:1'], '1,"home"', 'WIFI_NO_ADDRESS'],
      [['+CWJAP:2', 'ERR CODE:0x010a0000'], '4,"home"', 'WIFI_PASSWORD'],
      [['+CWJAP:3'], '4,"home"', 'WIFI_NOT_FOUND'],
      [['+CWJAP:4'], '4,"home"', 'WIFI_FAILED'],
      [[], '4,"home"', 'WIFI_FAILED'],
    ];
    for (const [error, after, code] of failures) {
      const device = station('4,"home"', { join: { error }, after });
      const failure = await rejected(code, joinWifi(device.run, home));
      assert.match(failure.message, /home/);
      assert.doesNotMatch(JSON.stringify([failure, failure.message]), /secret-word/);
      assert.ok(!device.asked.includes(REJOIN));
    }
  });

  it('knows by the report of the association that only the address was missing', async () => {
    const device = station('4,"home"', { join: { error: ['+CWJAP:1'] } });
    await rejected('WIFI_NO_ADDRESS', joinWifi(device.run, home, { associated: () => true }));
    await rejected('WIFI_TIMEOUT', joinWifi(device.run, home, { associated: () => false }));
  });

  it('asks nothing of the device when the settings cannot be', async () => {
    const device = station('0,""');
    await rejected('INVALID_SETTING', joinWifi(device.run, { ssid: '', password: '' }));
    await rejected('INVALID_SETTING', joinWifi(device.run, { ssid: 'a\r\nAT+RST', password: '' }));
    assert.deepEqual(device.asked, []);
  });

  it('does without rejoining where the firmware refuses it, and passes on what is worse', async () => {
    const old = new ScriptedRun((line) =>
      line === REJOIN ? { error: [] } : ['+CWSTATE:2,"home"'],
    );
    await joinWifi(old.run, home);
    const damaged = new ScriptedRun(() => ['+CWSTATE:x']);
    await rejected('OUT_OF_STEP', joinWifi(damaged.run, home));
  });
});

describe('scanning', () => {
  it('lists networks by strength, without nameless ones, and switches the station on', async () => {
    const device = new ScriptedRun((line) => {
      if (line === 'AT+CWMODE?') return ['+CWMODE:0'];
      if (line !== 'AT+CWLAP') return [];
      return [
        '+CWLAP:(3,"far",-80,"aa:bb:cc:dd:ee:01",1,-1,-1,4,4,7,0)',
        '+CWLAP:(3,"",-40,"aa:bb:cc:dd:ee:02",1,-1,-1,4,4,7,0)',
        '+CWLAP:(0,"near",-50,"aa:bb:cc:dd:ee:03",11,-1,-1,4,4,7,0)',
      ];
    });
    const found = await scan(device.run);
    assert.deepEqual(
      found.map(({ ssid, encrypted }) => [ssid, encrypted]),
      [
        ['near', false],
        ['far', true],
      ],
    );
    assert.deepEqual(device.asked, ['AT+CWMODE?', 'AT+CWMODE=1', 'AT+CWLAP']);
  });
});
