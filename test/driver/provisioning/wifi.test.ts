import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '../../../driver/errors';
import * as wifi from '../../../driver/provisioning/wifi';
import { rejected } from '../../harness/refused';
import { ScriptedRun, type Reply } from '../../harness/scripted-run';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import type { WifiOptions } from '../../../driver/provisioning/wifi';

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

interface Context {
  readonly clock?: VirtualClock;
  readonly signal?: AbortSignal;
  readonly associated?: () => boolean;
}

function joinWifi(
  { run }: ScriptedRun,
  options: WifiOptions,
  { clock = new VirtualClock(), ...context }: Context = {},
): Promise<void> {
  const { signal } = new AbortController();
  return clock.wait(
    wifi.joinWifi(run, options, { clock, signal, associated: () => false, ...context }),
  );
}

describe('joining a network', () => {
  const JOIN = 'AT+CWJAP="home","secret-word"';
  const joins: Readonly<Record<string, readonly [ScriptedRun, WifiOptions, readonly string[]]>> = {
    'sets only the reconnect interval of a device that has joined it': [
      station('2,"home"'),
      home,
      [REJOIN],
    ],
    'switches the station on and joins, from factory state': [
      station('0,""', { mode: 0 }),
      home,
      ['AT+CWMODE?', 'AT+CWMODE=1', JOIN, REJOIN],
    ],
    'keeps the access point mode of a device': [
      station('0,""', { mode: 2 }),
      home,
      ['AT+CWMODE?', 'AT+CWMODE=3', JOIN, REJOIN],
    ],
    'leaves another network, and escapes name and password': [
      station('2,"elsewhere"'),
      { ssid: 'my,net"\\', password: '' },
      ['AT+CWMODE?', 'AT+CWJAP="my\\,net\\"\\\\",""', REJOIN],
    ],
    'recognizes a joined network whose name holds UTF-8, quotes and commas': [
      station('2,"caf\xc3\xa9,"x\\"'),
      { ssid: 'café,"x\\', password: 'password' },
      [REJOIN],
    ],
    'keeps an access point with the wanted BSSID': [
      station('2,"home"'),
      { ...home, bssid: 'AA:BB:CC:DD:EE:01' },
      ['AT+CWJAP?', REJOIN],
    ],
    'leaves an access point with another BSSID': [
      station('2,"home"'),
      { ...home, bssid: 'aa:bb:cc:dd:ee:02' },
      ['AT+CWJAP?', 'AT+CWMODE?', `${JOIN},"aa:bb:cc:dd:ee:02"`, REJOIN],
    ],
  };
  for (const [title, [device, options, asked]] of Object.entries(joins))
    it(title, async () => {
      await joinWifi(device, options);
      assert.deepEqual(device.asked, ['AT+CWSTATE?', ...asked]);
    });

  it('polls a device that joins by itself every 250 ms', async () => {
    const states = ['3,"home"', '1,"home"', '2,"home"'];
    const device = new ScriptedRun((line) =>
      line === 'AT+CWSTATE?' ? [`+CWSTATE:${states.shift() ?? ''}`] : [],
    );
    const clock = new VirtualClock();
    await joinWifi(device, home, { clock });
    assert.equal(clock.now(), 500);
    assert.deepEqual(device.asked, ['AT+CWSTATE?', 'AT+CWSTATE?', 'AT+CWSTATE?', REJOIN]);
  });

  for (const [state, waitMs] of [
    ['3,"home"', 10_000],
    ['4,"home"', 5000],
    ['3,"elsewhere"', 0],
  ] as const)
    it(`joins when the device has not joined by itself in ${waitMs} ms, in state ${state}`, async () => {
      const device = station(state);
      const clock = new VirtualClock();
      await joinWifi(device, home, { clock });
      assert.equal(clock.now(), waitMs);
      assert.ok(device.asked.includes(JOIN));
    });

  it('rejects at once when its signal aborts, and leaves no timer', async () => {
    const device = station('3,"home"');
    const clock = new VirtualClock();
    const controller = new AbortController();
    clock.after(100, () => controller.abort(new Error('stopped')));
    await assert.rejects(joinWifi(device, home, { clock, signal: controller.signal }), /stopped/);
    assert.deepEqual([device.asked, clock.pending], [['AT+CWSTATE?'], 0]);
  });

  it('rejects with the reason that the device gives, and never with the password', async () => {
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
      const failure = await rejected(code, joinWifi(device, home));
      assert.match(failure.message, /home/);
      assert.doesNotMatch(JSON.stringify([failure, failure.message]), /secret-word/);
      assert.ok(!device.asked.includes(REJOIN));
    }
  });

  it('rejects with WIFI_NO_ADDRESS when WIFI CONNECTED came', async () => {
    const device = station('4,"home"', { join: { error: ['+CWJAP:1'] } });
    await rejected('WIFI_NO_ADDRESS', joinWifi(device, home, { associated: () => true }));
    await rejected('WIFI_TIMEOUT', joinWifi(device, home, { associated: () => false }));
  });

  it('tolerates firmware without AT+CWRECONNCFG and one corrupt response, but neither two nor another form', async () => {
    const old = new ScriptedRun((line) =>
      line === REJOIN ? { error: [] } : ['+CWSTATE:2,"home"'],
    );
    await joinWifi(old, home);
    for (const [responses, code] of [
      [['+CWSTATE:x', '+CWSTATE:2,"home"'], undefined],
      [['+CWSTATE:x', '+CWSTATE:y'], 'OUT_OF_SYNC'],
      [['+CWSTATE:x', '+CWSTATE:x'], 'FIRMWARE_UNKNOWN'],
    ] as const) {
      const left: string[] = [...responses];
      const device = new ScriptedRun((line) =>
        line === 'AT+CWSTATE?' ? [left.shift() ?? ''] : [],
      );
      if (code) await rejected(code, joinWifi(device, home));
      else await joinWifi(device, home);
      assert.deepEqual(left, []);
    }
  });
});

it('scanning networks switches the station on and lists networks with a name, the strongest first', async () => {
  const device = new ScriptedRun((line) => {
    if (line === 'AT+CWMODE?') return ['+CWMODE:0'];
    if (line !== 'AT+CWLAP') return [];
    return [
      '+CWLAP:(3,"far",-80,"aa:bb:cc:dd:ee:01",1,-1,-1,4,4,7,0)',
      '+CWLAP:(3,"",-40,"aa:bb:cc:dd:ee:02",1,-1,-1,4,4,7,0)',
      '+CWLAP:(0,"near",-50,"aa:bb:cc:dd:ee:03",11,-1,-1,4,4,7,0)',
    ];
  });
  const found = await wifi.scanNetworks(device.run);
  const shown = found.map(({ ssid, encrypted }) => `${ssid} ${encrypted}`);
  assert.deepEqual(shown, ['near false', 'far true']);
  const options = 'AT+CWLAPOPT=1,2047,-100,65535';
  assert.deepEqual(device.asked, ['AT+CWMODE?', 'AT+CWMODE=1', options, 'AT+CWLAP']);
});

for (const [title, scans, code] of [
  [
    'in another form, with other values: FIRMWARE_UNKNOWN',
    [
      ['(3,"a",-50,"aa:bb:cc:dd:ee:01",6,-12,0)', '(0,"b",-70,"aa:bb:cc:dd:ee:02",11,3,0)'],
      ['(3,"a",-52,"aa:bb:cc:dd:ee:01",6,-9,0)'],
    ],
    'FIRMWARE_UNKNOWN',
  ],
  [
    'corrupt in different ways: OUT_OF_SYNC',
    [['(3,"a",-50,"aa:bb:cc:dd:e'], ['(3"a",-50,"aa:bb:cc:dd:ee:01",6)']],
    'OUT_OF_SYNC',
  ],
  [
    'with addresses that are corrupt in different ways: OUT_OF_SYNC',
    [
      ['(3,"a",-50,"aa:bb:cc:d:ee:01",1,-1,-1,4,4,7,0)'],
      ['(3,"a",-52,"aa:b~:cc:dd:ee:01",1,-1,-1,4,4,7,0)'],
    ],
    'OUT_OF_SYNC',
  ],
] as const)
  it(`scanning networks, all lines of two scans ${title}`, async () => {
    const left: (readonly string[])[] = [...scans];
    const device = new ScriptedRun((line) => {
      if (line === 'AT+CWMODE?') return ['+CWMODE:1'];
      return line === 'AT+CWLAP' ? (left.shift() ?? []).map((each) => `+CWLAP:${each}`) : [];
    });
    await rejected(code, wifi.scanNetworks(device.run));
    assert.deepEqual(left, []);
  });

describe('a network', () => {
  const found = '+CWLAP:(4,"home",-50,"aa:bb:cc:dd:ee:01",1,-1,-1,4,4,7,0)';
  for (const [what, reply, isInReach] of [
    ['that a scan shows', [found], true],
    ['that a scan does not show', [found.replace('home', 'elsewhere')], false],
    ['that a scan shows in another form', ['+CWLAP:(4,"home",-50)'], false],
    ['whose scan the device refuses while it joins', { error: [] }, false],
  ] as const)
    it(`${what} is ${isInReach ? '' : 'not '}in reach`, async () => {
      assert.equal(await wifi.isInReach(new ScriptedRun(() => reply).run, home), isInReach);
    });
});
