import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { AccessPoint } from '../../simulator/device/options';
import { busy, error, it, joined, ok, prompt, sent } from './lab';

const wifi: readonly AccessPoint[] = [
  { ssid: 'home', password: 'secret' },
  { ssid: 'open', password: '' },
  { ssid: 'full', password: 'secret', answer: 'refusal' },
  { ssid: 'mute', password: 'secret', answer: 'none' },
  { ssid: 'static', password: 'secret', dhcp: false },
];

const apart = { wifi, joined: false } as const;

describe('AT+CWJAP on the simulated device', () => {
  const failures = [
    ['a wrong password', '"home","other"', 2],
    ['a network that is not there', '"nowhere","secret"', 3],
    ['an access point that refuses', '"full","secret"', 4],
  ] as const;
  for (const [what, network, code] of failures) {
    it(`reports ${what} as +CWJAP:${code}`, apart, async (lab) => {
      await lab.expect('AT+CWMODE=1', ok);
      await lab.expect(`AT+CWJAP=${network}`, '');
      const { said, after } = await lab.next();
      assert.equal(said, `+CWJAP:${code}\r\n${error}`);
      assert.equal(after, 14_995);
      assert.match(await lab.command('AT+CWSTATE?'), /^\+CWSTATE:4,/);
    });
  }

  it('times out on a silent access point after 15 s, or as asked', apart, async (lab) => {
    await lab.expect('AT+CWMODE=1', ok);
    await lab.command('AT+CWJAP="mute","secret"', 0);
    assert.deepEqual(await lab.next(), { said: `+CWJAP:1\r\n${error}`, after: 15_000 });
    await lab.command('AT+CWJAP="mute","secret",,,,,,4', 0);
    assert.deepEqual(await lab.next(), { said: `+CWJAP:1\r\n${error}`, after: 4_000 });
  });

  it('waits as long for an address, then disconnects', apart, async (lab) => {
    await lab.expect('AT+CWMODE=1', ok);
    const said = await lab.command('AT+CWJAP="static","secret"', 20_000);
    assert.equal(said, `WIFI CONNECTED\r\nWIFI DISCONNECT\r\n+CWJAP:1\r\n${error}`);
  });

  it('joins an open network with an empty password, busy meanwhile', apart, async (lab) => {
    await lab.expect('AT+CWMODE=1', ok);
    await lab.expect('AT+CWJAP="open",""', '');
    await lab.expect('AT', busy);
    assert.equal(await lab.hear(2_000), joined + ok);
    await lab.expect('AT+CWSTATE?', `+CWSTATE:2,"open"\r\n${ok}`);
    assert.equal(lab.clock.pending, 0, 'idle, without a timer');
  });

  it('leaves the previous network, also when the new one refuses it', { wifi }, async (lab) => {
    const said = await lab.command('AT+CWJAP="nowhere","x"', 15_001);
    assert.equal(said, `WIFI DISCONNECT\r\n+CWJAP:3\r\n${error}`);
  });
});

describe('Wi-Fi that is lost', () => {
  it('is not joined again after the attempts of AT+CWRECONNCFG', { wifi }, async (lab) => {
    for (const config of ['0,0', '2,3']) {
      await lab.expect(`AT+CWRECONNCFG=${config}`, ok);
      lab.device.wifi.lose();
      assert.equal(await lab.hear(10_000), 'WIFI DISCONNECT\r\n');
      lab.device.wifi.recover();
      assert.equal(await lab.hear(10_000), '', config);
      await lab.expect('AT+CWSTATE?', `+CWSTATE:4,"home"\r\n${ok}`);
      await lab.command('AT+CWJAP="home","secret"', 2_000);
    }
  });

  it(
    'ends an association under way, and a join then fails',
    { wifi, joined: false },
    async (lab) => {
      await lab.expect('AT+CWMODE=1', ok);
      await lab.command('AT+CWJAP="home","secret"', 200);
      lab.device.wifi.lose();
      assert.equal(await lab.hear(20_000), `+CWJAP:3\r\n${error}`);
      await lab.expect('AT+CWSTATE?', `+CWSTATE:4,"home"\r\n${ok}`);
    },
  );

  it('is left by AT+CWQAP also while the device joins it again', { wifi }, async (lab) => {
    lab.device.wifi.lose();
    await lab.hear(500);
    lab.device.wifi.recover();
    await lab.hear(600);
    await lab.expect('AT+CWSTATE?', `+CWSTATE:3,"home"\r\n${ok}`);
    await lab.expect('AT+CWQAP', ok);
    await lab.expect('AT+CWSTATE?', `+CWSTATE:4,"home"\r\n${ok}`);
    assert.equal(await lab.hear(10_000), '');
  });

  it('leaves links in state 2, and delays what they send', { wifi }, async (lab) => {
    const connection = await lab.open();
    lab.device.wifi.lose();
    assert.equal(await lab.hear(5_000), 'WIFI DISCONNECT\r\n');
    assert.match(await lab.command('AT+WSOPEN?'), /^\+WSOPEN:0,2,/);
    await lab.expect('AT+WSSEND=0,2', prompt);
    assert.equal(await lab.say('hi'), sent);
    assert.equal(connection.frames.length, 0);
    lab.device.wifi.recover();
    assert.equal(await lab.hear(3_000), joined);
    assert.equal(connection.frames[0]?.payload.toString(), 'hi');
  });

  it('is left permanently by AT+CWQAP, and joined again after a restart', { wifi }, async (lab) => {
    await lab.expect('AT+CWQAP', `WIFI DISCONNECT\r\n${ok}`);
    assert.equal(await lab.hear(60_000), '');
    await lab.expect('AT+RST', `${ok}\r\nready\r\n${joined}`, 3_000);
  });
});

describe('AT+CWMODE on the simulated device', () => {
  it('leaves the network, and joins it again unless auto-connect is 0', { wifi }, async (lab) => {
    await lab.expect('AT+CWMODE=0', `WIFI DISCONNECT\r\n${ok}`);
    await lab.expect('AT+CWSTATE?', `+CWSTATE:0,""\r\n${ok}`);
    await lab.expect('AT+CWMODE=1', ok + joined, 3_000);
    await lab.command('AT+CWMODE=0');
    await lab.expect('AT+CWMODE=1,0', ok, 3_000);
  });
});

describe('AT+CWLAPOPT on the simulated device', () => {
  const points: readonly AccessPoint[] = [
    { ssid: 'near', password: 'secret', rssi: -40, channel: 6 },
    { ssid: 'far', password: '', rssi: -80 },
  ];
  it(
    'chooses fields, signal and encryption of listed networks until a restart',
    {
      wifi: points,
    },
    async (lab) => {
      const list = () => lab.command('AT+CWLAP', 1000);
      const whole = await list();
      assert.equal(whole.split('+CWLAP:').length, 3);
      assert.match(whole, /^\+CWLAP:\(3,"near",-40,"[0-9a-f:]{17}",6,-1,-1,4,4,7,0\)\r\n/);
      await lab.expect('AT+CWLAPOPT=1,7', ok);
      assert.equal(await list(), `+CWLAP:(3,"near",-40)\r\n+CWLAP:(0,"far",-80)\r\n${ok}`);
      await lab.expect('AT+CWLAPOPT=,2,-50', ok);
      assert.equal(await list(), `+CWLAP:("near")\r\n${ok}`);
      await lab.expect('AT+CWLAPOPT=1,2,-100,1', ok);
      assert.equal(await list(), `+CWLAP:("far")\r\n${ok}`);
      await lab.expect('AT+CWLAPOPT=1,2048', error);
      await lab.expect('AT+CWLAPOPT=1', error);
      await lab.command('AT+RST', 5000);
      assert.equal(await list(), `AT+CWLAP\r\n${whole}`);
    },
  );
});
