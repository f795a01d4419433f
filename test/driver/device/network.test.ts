import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessPoint } from '../../../simulator';
import { World } from '../../harness/harness';

const home: AccessPoint = { ssid: 'home', password: 'pw', rssi: -61, channel: 6 };
const wifi = { ssid: home.ssid, password: home.password };

const codes = (world: World): (string | undefined)[] =>
  world.events.filter(({ event }) => event === 'warning').map(({ error }) => error?.code);

const shown = (world: World): string =>
  `${world.device.status.state} ${world.device.status.error?.code ?? ''}`.trim();

describe('a network that goes and comes back', () => {
  it('is joined again by the device itself, and shown as lost meanwhile', async () => {
    const world = new World({ device: { wifi }, simulator: { wifi: [home] } });
    await world.ready();
    world.simulator.wifi.lose();
    await world.clock.advance(60_000);
    assert.equal(shown(world), 'ready WIFI_LOST');
    world.simulator.wifi.recover();
    await world.clock.advance(5000);
    assert.equal(shown(world), 'ready');
    assert.ok(!world.port.text.includes('AT+CWJAP='), 'it was left alone');
    const names = world.events.map(({ event }) => event);
    assert.deepEqual(names.slice(names.indexOf('wifi-lost')), ['wifi-lost', 'joined', 'address']);
    await world.end();
  });

  it('is joined again by hand when the device has given up', async () => {
    const world = new World({ device: { wifi }, simulator: { wifi: [home] } });
    await world.ready();
    await world.clock.wait(world.device.command('AT+CWQAP'));
    await world.clock.advance(1000);
    assert.equal(shown(world), 'ready WIFI_LOST');
    assert.ok(await world.clock.until(() => shown(world) === 'ready', 40_000));
    assert.ok(world.port.text.includes('AT+CWJAP="home","pw"\r\n'));
    await world.end();
  });

  it('is tried for as long as it takes, each failure told in words', async () => {
    const networks = [home];
    const world = new World({ device: { wifi }, simulator: { wifi: networks } });
    await world.ready();
    await world.clock.wait(world.device.command('AT+CWQAP'));
    networks.pop();
    await world.clock.advance(200_000);
    assert.ok(codes(world).length >= 3);
    assert.ok(codes(world).every((code) => code === 'WIFI_NOT_FOUND'));
    networks.push(home);
    assert.ok(await world.clock.until(() => shown(world) === 'ready', 40_000));
    await world.end();
    // Nothing goes on looking after it.
    await world.clock.advance(1000);
    assert.equal(world.clock.pending, 0);
  });

  it('has its links opened again when the device lost them with it', async () => {
    const world = new World({ device: { wifi }, simulator: { wifi: [home] } });
    await world.ready();
    const [link] = world.device.links;
    const config = { pingInterval: 5, pongTimeout: 10 };
    await world.clock.wait(link.open({ uri: 'ws://host/echo', keepOpen: true, config }));
    world.simulator.wifi.lose();
    assert.ok(await world.clock.until(() => link.state !== 2, 120_000));
    world.simulator.wifi.recover();
    assert.ok(await world.clock.until(() => link.state === 2, 120_000));
    await world.clock.wait(link.send('back'));
    assert.ok(await world.clock.until(() => world.messages.length > 0, 5000));
    await world.end();
  });
});

describe('a board in factory state without Wi-Fi settings', () => {
  it('is ready, says that it has no network, and that it has one when somebody joins it', async () => {
    const world = new World({ simulator: { wifi: [home], joined: false } });
    await world.ready();
    assert.equal(shown(world), 'ready WIFI_NOT_JOINED');
    assert.deepEqual(codes(world), ['WIFI_NOT_JOINED']);
    await world.clock.wait(world.device.command('AT+CWMODE=1'));
    await world.clock.wait(world.device.command('AT+CWJAP="home","pw"'));
    assert.equal(shown(world), 'ready');
    await world.end();
  });
});

describe('looking for networks', () => {
  const others = [
    { ssid: 'weak', password: 'x', rssi: -90 },
    { ssid: 'open', password: '', rssi: -40, channel: 11 },
    { ssid: 'unseen', password: 'x', hidden: true },
  ];

  it('lists them, strongest first', async () => {
    const world = new World({ device: { wifi }, simulator: { wifi: [home, ...others] } });
    await world.ready();
    const found = await world.clock.wait(world.device.scan());
    assert.deepEqual(
      found.map(({ ssid, signal, channel, encrypted }) => [ssid, signal, channel, encrypted]),
      [
        ['open', -40, 11, false],
        ['home', -61, 6, true],
        ['weak', -90, 1, true],
      ],
    );
    await world.end();
  });

  it('works while the network of the settings cannot be joined: that is when it is needed', async () => {
    const gone = { ssid: 'gone', password: 'x' };
    const world = new World({
      device: { wifi: gone },
      simulator: { wifi: [home], joined: false },
    });
    world.device.start();
    await world.clock.until(() => world.device.status.error?.code === 'WIFI_NOT_FOUND', 30_000);
    const found = await world.clock.wait(world.device.scan());
    assert.deepEqual(
      found.map(({ ssid }) => ssid),
      ['home'],
    );
    await world.end();
  });

  it('is refused by a device that was not found, with the reason', async () => {
    const world = new World({ simulator: { running: false } });
    world.device.start();
    await world.clock.advance(60_000);
    await assert.rejects(world.device.scan(), { code: 'DEVICE_SILENT' });
    await world.end();
    await assert.rejects(world.device.scan(), { code: 'DEVICE_NOT_READY' });
  });
});
