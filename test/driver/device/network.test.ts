import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessPoint } from '../../../simulator';
import { testWith } from '../../harness/test-with';
import { Harness } from '../../harness/harness';
import { keptOf } from '../../harness/garbage';

const home: AccessPoint = { ssid: 'home', password: 'password', rssi: -61, channel: 6 };
const wifi = { ssid: home.ssid, password: home.password };

const shown = (harness: Harness): string =>
  `${harness.device.state.name} ${harness.device.state.error?.code ?? ''}`.trim();

/** A ready device that is in the network `home`. */
const homeHarness = () => new Harness({ device: { wifi }, simulator: { wifi: [home] } }).ready();

const test = testWith(homeHarness);

describe('a Wi-Fi network that is lost and returns', () => {
  test('is joined again, and reported as lost until then', async (harness) => {
    harness.simulator.wifi.lose();
    await harness.clock.advance(200_000);
    assert.equal(shown(harness), 'ready WIFI_LOST');
    harness.simulator.wifi.recover();
    // AT+CWJAP would have ended the device's own attempts.
    assert.ok(!harness.port.text.includes('AT+CWJAP'));
    await harness.until(() => shown(harness) === 'ready', 3000);
    const changes = harness.events.flatMap(({ event, detail }) => (event === 'wifi' ? detail : []));
    assert.equal(changes.filter((change) => change === 'lost').length, 1);
    assert.deepEqual(changes.slice(-2), ['joined', 'address']);
  });

  it('is reported as lost when the device loses it while the driver configures SNTP', async () => {
    let isLost = false;
    await using harness: Harness = new Harness({
      device: { wifi, sntp: { timezone: 0, servers: [] } },
      simulator: {
        wifi: [home],
        output: (bytes) => {
          harness.port.deliver(bytes);
          if (isLost || !bytes.includes('+CIPSNTPCFG:')) return;
          isLost = true;
          harness.simulator.wifi.lose();
        },
      },
    });
    await harness.ready();
    assert.equal(shown(harness), 'ready WIFI_LOST');
    harness.simulator.wifi.recover();
    await harness.until(() => shown(harness) === 'ready', 3000);
  });

  test('is joined again by the driver when the device has stopped trying', async (harness) => {
    await harness.clock.wait(harness.device.command('AT+CWQAP'));
    await harness.clock.advance(1000);
    assert.equal(shown(harness), 'ready WIFI_LOST');
    await harness.until(() => shown(harness) === 'ready', 40_000);
    assert.ok(harness.port.text.includes('AT+CWJAP="home","password"\r\n'));
  });

  it('is joined again, after any number of failed attempts with a warning each, once it is back', async () => {
    const networks = [home];
    const harness = await new Harness({ device: { wifi }, simulator: { wifi: networks } }).ready();
    await harness.clock.wait(harness.device.command('AT+CWQAP'));
    networks.pop();
    await harness.clock.advance(200_000);
    assert.ok(harness.warnings().length >= 3);
    assert.ok(harness.warnings().every((code) => code === 'WIFI_NOT_FOUND'));
    networks.push(home);
    await harness.until(() => shown(harness) === 'ready', 40_000);
    await harness.end();
    await harness.clock.advance(1000);
    assert.equal(harness.clock.pending, 0);
  });

  it('is joined again by the driver after 5 minutes when the network is hidden and the device has stopped trying', async () => {
    const hidden = { ...home, hidden: true };
    await using harness = await new Harness({
      device: { wifi },
      simulator: { wifi: [hidden] },
    }).ready();
    await harness.clock.wait(harness.device.command('AT+CWQAP'));
    await harness.clock.advance(290_000);
    assert.ok(!harness.port.text.includes('AT+CWJAP'));
    await harness.until(() => shown(harness) === 'ready', 60_000);
  });

  test('is waited for after the port was plugged in again, before the driver joins', async (harness) => {
    harness.simulator.wifi.lose();
    harness.port.unplug();
    await harness.clock.advance(1000);
    harness.port.plugIn();
    await harness.clock.advance(1000);
    harness.simulator.wifi.recover();
    await harness.until(() => shown(harness) === 'ready', 5000);
    assert.ok(!harness.port.text.includes('AT+CWJAP'));
  });

  it('is detected when an open fails although its URC was lost, and joined again', async () => {
    const isLost = /WIFI DISCONNECT\r\n/;
    await using harness = await homeHarness();
    harness.alterOutput = (text) => text.replace(isLost, '');
    const { clock, simulator, device } = harness;
    // A device that does not rejoin by itself.
    simulator.write(Buffer.from('AT+CWQAP\r\n'));
    await clock.advance(1000);
    assert.equal(shown(harness), 'ready');
    const [link] = device.links;
    link.open({ uri: 'ws://host/plain', keepOpen: true }).catch(() => undefined);
    assert.ok(await clock.until(() => shown(harness) === 'ready WIFI_LOST', 20_000));
    assert.ok(await clock.until(() => link.state === 'open', 20_000));
    assert.equal(shown(harness), 'ready');
    await harness.end();
  });

  test('is queried at most every 30 s while opens fail and the device has a network', async (harness) => {
    const { link } = harness;
    link.open({ uri: 'ws://host:1/', keepOpen: true }).catch(() => undefined);
    harness.port.written.length = 0;
    await harness.clock.advance(120_000);
    const asked = harness.count('AT+CWSTATE?');
    assert.ok(asked >= 2 && asked <= 4, `${asked}`);
  });
});

describe('a board in factory state without Wi-Fi settings', () => {
  it('is ready and reports WIFI_NOT_JOINED until a command joins a network', async () => {
    await using harness = await new Harness({ simulator: { wifi: [home], joined: false } }).ready();
    assert.equal(shown(harness), 'ready WIFI_NOT_JOINED');
    assert.deepEqual(harness.warnings(), ['WIFI_NOT_JOINED']);
    await harness.clock.wait(harness.device.command('AT+CWMODE=1'));
    await harness.clock.wait(harness.device.command('AT+CWJAP="home","password"'));
    assert.equal(shown(harness), 'ready');
  });

  it('is asked every 30 s, so that it shows a join of which the driver got no URC', async () => {
    await using harness = new Harness({ simulator: { wifi: [home], joined: false } });
    harness.alterOutput = (text) => text.replace(/WIFI (CONNECTED|GOT IP)\r\n/g, '');
    await harness.ready();
    harness.simulator.write(Buffer.from('AT+CWMODE=1\r\n'));
    await harness.clock.advance(100);
    harness.simulator.write(Buffer.from('AT+CWJAP="home","password"\r\n'));
    await harness.until(() => shown(harness) === 'ready', 40_000);
    await harness.end();
  });
});

describe('scanning networks', () => {
  it('works while the configured network cannot be joined', async () => {
    const gone = { ssid: 'gone', password: 'password' };
    await using harness = new Harness({
      device: { wifi: gone },
      simulator: { wifi: [home], joined: false },
    });
    harness.device.start();
    await harness.until(() => harness.device.state.error?.code === 'WIFI_NOT_FOUND', 30_000);
    const found = await harness.clock.wait(harness.device.scanNetworks());
    assert.deepEqual(
      found.map(({ ssid }) => ssid),
      ['home'],
    );
  });

  it('ends although an attempt to join fails meanwhile, and the initialization is repeated after it', async () => {
    const gone = { ssid: 'gone', password: 'password' };
    await using harness = new Harness({
      device: { wifi: gone },
      simulator: { wifi: [home], joined: false },
    });
    const { clock, device, port } = harness;
    device.start();
    assert.ok(await clock.until(() => port.text.includes('AT+CWJAP='), 30_000));
    const found = await clock.wait(device.scanNetworks());
    assert.deepEqual(
      found.map(({ ssid }) => ssid),
      ['home'],
    );
    assert.ok(await clock.until(() => port.text.split('AT+CWJAP=').length === 3, 60_000));
  });

  it('lets messages pass that wait to be sent, and those given meanwhile', async () => {
    await using harness = new Harness();
    const { clock, device, port, link } = harness;
    await harness.ready();
    await clock.wait(link.open({ uri: 'ws://host/plain' }));
    port.written.length = 0;
    const first = [link.send('1'), link.send('2')];
    const scan = device.scanNetworks();
    const later = link.send('3');
    await clock.wait(Promise.all([...first, later, scan]));
    const commands = port.text.match(/AT\+WSSEND|AT\+CW[A-Z]+/g);
    assert.deepEqual(commands?.slice(0, 3), ['AT+WSSEND', 'AT+WSSEND', 'AT+WSSEND']);
    assert.ok(commands.includes('AT+CWLAP'));
  });

  // Without the channel (1951), the line has the cipher in its place.
  for (const options of ['1,1951', '1,7', '1,30', '1,2047,-60', '1,2047,-100,8'])
    it(`lists all networks with all fields where another program has set AT+CWLAPOPT=${options}`, async () => {
      const open = { ssid: 'open', password: '', rssi: -90, channel: 11 };
      await using harness = new Harness({ simulator: { wifi: [home, open] } });
      const { clock, device, simulator } = harness;
      simulator.write(Buffer.from(`AT+CWLAPOPT=${options}\r\n`));
      await clock.advance(100);
      await harness.ready();
      const found = await clock.wait(device.scanNetworks());
      assert.deepEqual(
        found.map(({ ssid, channel }) => `${ssid} ${channel}`),
        ['home 6', 'open 11'],
      );
    });

  it('takes nothing in the name of a network for what the device says', async () => {
    const names = ['a\r\nready\r\n', '\r\nOK\r\n', '\r\nERROR\r\n', '\r\n+WS_CLOSED:0\r\n'];
    names.push('\r\n+WS_DATA:0,1,1,4,4,evil\r\n', ')\r\n\r\nready\r\n', '\r\nWIFI DISCONNECT\r\n');
    const strangers = names.map((ssid) => ({ ssid, password: '' }));
    await using harness = new Harness({
      device: { wifi },
      simulator: { wifi: [home, ...strangers] },
    });
    const { clock, device, link } = harness;
    await harness.ready();
    await clock.wait(link.open({ uri: 'ws://host/plain' }));
    harness.events.length = harness.linkEvents.length = 0;
    const found = await clock.wait(device.scanNetworks());
    assert.deepEqual(
      found.map(({ ssid }) => ssid),
      ['home'],
    );
    await clock.advance(1000);
    assert.deepEqual([harness.events, harness.linkEvents, harness.messages], [[], [], []]);
    assert.equal(link.state, 'open');
  });

  it('leaves the device ready where it gets its address while the client checks a doubtful ERROR', async () => {
    await using harness = new Harness({ simulator: { joined: false } });
    const { clock, device, port } = harness;
    device.start();
    await harness.until(() => port.text.includes('AT+CWSTATE?'), 30_000);
    await clock.advance(50);
    let refuses = true;
    harness.alterInput = (text) => {
      if (!refuses || text !== 'AT+CWLAP\r\n') return text;
      refuses = false;
      clock.after(1, () => harness.say('\r\nERROR\r\n'));
      clock.after(5, () => harness.say('WIFI CONNECTED\r\nWIFI GOT IP\r\n'));
      return '';
    };
    await clock.wait(device.scanNetworks());
    await clock.advance(30_000);
    assert.deepEqual([refuses, device.state], [false, { name: 'ready' }]);
  });

  it('fails with the reason when the device is unresponsive or stopped', async () => {
    const harness = new Harness({ simulator: { running: false } });
    harness.device.start();
    await harness.clock.advance(60_000);
    await assert.rejects(harness.device.scanNetworks(), { code: 'DEVICE_UNRESPONSIVE' });
    await harness.end();
    await assert.rejects(harness.device.scanNetworks(), { code: 'DEVICE_NOT_READY' });
  });
});

for (const [state, urc, after] of [
  ['3', 'WIFI GOT IP', 'ready'],
  ['2', 'WIFI DISCONNECT', 'ready WIFI_LOST'],
] as const) {
  it(`the Wi-Fi of a device has the state of ${urc} where that comes in one chunk with an older +CWSTATE:${state}`, async () => {
    let held = '';
    await using harness = new Harness({ device: { wifi }, simulator: { wifi: [home] } });
    harness.alterOutput = (said) => {
      const text = held + said;
      if (!harness.device.state.error || !text.includes('+CWSTATE:')) return text;
      held = text.includes('OK\r\n') ? '' : text;
      return held === '' ? `${text.replace(/(\+CWSTATE:)\d/, `$1${state}`)}${urc}\r\n` : '';
    };
    await harness.ready();
    harness.simulator.wifi.lose();
    await harness.clock.advance(20_000);
    assert.equal(shown(harness), 'ready WIFI_LOST');
    await harness.clock.advance(20_000);
    assert.equal(shown(harness), after);
  });
}

test('the networks of a scan are in memory no longer than their caller has them', async (harness) => {
  const found: WeakRef<object>[] = [];
  for (let scan = 0; scan < 20; scan++)
    found.push(new WeakRef(await harness.clock.wait(harness.device.scanNetworks())));
  const kept = keptOf(found);
  assert.ok(kept <= 2, `${kept} of 20`);
});
