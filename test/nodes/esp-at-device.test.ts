import assert from 'node:assert/strict';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, it } from 'node:test';
import { EspAtError } from '../../driver/errors';
import { Device } from '../../driver';
import type { DeviceSettings } from '../../nodes/shared/settings/device-settings';
import { Harness } from '../harness/harness';
import { catalog } from '../harness/editor/catalog';
import { FakeDevice } from '../harness/nodes/fake-device';
import { deviceNode, flowOf, userNode, wholeFlow, without } from '../harness/nodes/flows';
import { codeOf, sentenceOf } from '../harness/nodes/messages';
import { onEachRuntime } from '../harness/nodes/node-red';
import { temporaryFolder } from '../harness/temporary-folder';

onEachRuntime('esp-at-device', (nodeRed) => {
  let device: FakeDevice;
  beforeEach(() => {
    device = new FakeDevice();
  });

  const levels = ['log', 'warn', 'error', 'debug'] as const;
  const log = () => levels.flatMap((level) => nodeRed.logged('device', level));

  it('creates no device before a node uses it', async () => {
    let made = 0;
    const make = () => {
      made++;
      return device;
    };
    await nodeRed.load(make, without(flowOf('ws-send', 1), 'node'));
    assert.equal(made, 0);
    await nodeRed.deploy(flowOf('ws-send', 1), 'full');
    assert.deepEqual([made, device.starts], [1, 1]);
  });

  it('logs events, and a lasting error once', async () => {
    await nodeRed.load(() => device, flowOf('ws-send', 1));
    const error = new EspAtError('PORT_NOT_FOUND', { port: '/dev/ttyUSB0' });
    for (let count = 0; count < 3; count++) {
      device.become({ name: 'absent', error });
      device.become({ name: 'absent' });
    }
    device.become({ name: 'initializing' });
    device.become({ name: 'ready' });
    device.emit('outofsync', { reason: 'NO_RESPONSE', command: 'AT+GMR' });
    device.emit('unknownline', '+NEWS');
    assert.deepEqual(nodeRed.logged('device', 'log'), ['events.ready: AT version:fake']);
    assert.deepEqual(nodeRed.logged('device', 'debug'), [
      'events.initializing',
      'events.unknown-line: +NEWS',
    ]);
    assert.deepEqual(nodeRed.logged('device', 'warn'), [
      'events.lost: There is no serial port /dev/ttyUSB0. Check the cable and the port name.',
      'events.out-of-sync: NO_RESPONSE (AT+GMR)',
    ]);
  });

  it('logs no loss when it is stopped', async () => {
    await nodeRed.load(() => device, flowOf('ws-send', 1));
    const node = nodeRed.node('device');
    const warnings: unknown[] = [];
    Object.assign(node, { warn: (text: unknown) => warnings.push(text) });
    device.become({ name: 'stopped' });
    assert.deepEqual(warnings, []);
    device.become({ name: 'ready' });
    const error = new EspAtError('DEVICE_UNRESPONSIVE', { port: 'p' });
    device.become({ name: 'absent', error });
    assert.equal(warnings.length, 1);
    assert.match(String(warnings[0]), /^events.lost: The device on p does not answer/);
  });

  it('counts as missing while it is disabled', async () => {
    await nodeRed.load(() => device, flowOf('ws-send', 1, {}, { d: true }));
    assert.equal(nodeRed.shown('node'), 'red ring short.NO_DEVICE');
    assert.equal(codeOf(await nodeRed.ask('node', { payload: 'x' }, 'caught')), 'NO_DEVICE');
    assert.equal(device.starts, 0);
  });

  it('waits for a port that another device holds, and takes it over', async () => {
    const [one, two] = [new FakeDevice(), new FakeDevice()];
    const make = ({ serial }: DeviceSettings) => (serial.rate === 9600 ? two : one);
    const other = [
      deviceNode({ id: 'device2', name: 'other', rate: '9600' }),
      userNode('node2', 'ws-send', { device: 'device2' }),
    ];
    await nodeRed.load(make, [...flowOf('ws-send', 1), ...other], {}, catalog('en-US'));
    assert.deepEqual([one.starts, two.starts], [1, 0]);
    assert.equal(nodeRed.statuses('node2').at(-1)?.text, 'choose another port');
    assert.deepEqual(nodeRed.statuses('node2').at(-1)?.fill, 'red');
    const caught = await nodeRed.ask('node2', { payload: 'x' }, 'caught');
    assert.equal(codeOf(caught), 'PORT_SHARED');
    assert.match(sentenceOf(caught), /^The device "board" already uses the port sim:\./);
    const rest = without(flowOf('ws-send', 1), 'node');
    await nodeRed.deploy([...rest, ...other], 'nodes');
    for (let turn = 0; two.starts === 0 && turn < 6000; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.deepEqual([one.stops, two.starts], [1, 1]);
    assert.equal(nodeRed.shown('node2'), 'grey ring closed');
  });

  it(
    'has its port by each name: a device that names it in another way says which device has it',
    { skip: process.platform === 'win32' },
    async (t) => {
      const folder = temporaryFolder(t);
      const [port, link] = [join(folder, 'ttyUSB0'), join(folder, 'by-id')];
      writeFileSync(port, '');
      symlinkSync(port, link);
      const flow = [
        ...flowOf('ws-send', 1, {}, { port: link }),
        deviceNode({ id: 'device2', name: 'other', port }),
        userNode('node2', 'ws-send', { device: 'device2' }),
      ];
      await nodeRed.load(() => device, flow, {}, catalog('en-US'));
      assert.equal(device.starts, 1);
      const caught = await nodeRed.ask('node2', { payload: 'x' }, 'caught');
      assert.equal(codeOf(caught), 'PORT_SHARED');
      assert.ok(sentenceOf(caught).startsWith(`The device "board" already uses the port ${port}.`));
    },
  );

  /** All that a flow, a user or a log can see. */
  function visible(...seen: unknown[]): string {
    for (const id of ['open', 'send', 'close', 'status']) {
      seen.push(nodeRed.statuses(id));
      for (const level of levels) seen.push(nodeRed.logged(id, level));
    }
    for (const id of ['state', 'news', 'caught']) seen.push(nodeRed.waiting(id));
    // The URI comes from the flow, which gets it back.
    return JSON.stringify([seen, log()], (name, value: unknown) => (name === 'uri' ? '' : value));
  }

  it('shows no secret in logs, statuses, messages or errors', async () => {
    const [password, header, authorization, uri] = ['pass-Word', 'head-Er', 'auth-Or', 'uri-Word'];
    await using harness = new Harness({
      simulator: { joined: false, wifi: [{ ssid: 'net', password }] },
    });
    const { port, clock } = harness;
    const flow = wholeFlow({
      device: { wifi: true, ssid: 'net', headers: [{ name: 'X-Key', secret: true, slot: 0 }] },
    });
    const credentials = { device: { password, headerSecret0: header }, open: { authorization } };
    const make = ({ options }: DeviceSettings) => new Device({ ...options, port, clock });
    await nodeRed.load(make, flow, credentials, undefined, clock);
    const seen: unknown[] = [];
    for (const [linkId, path] of [
      [0, '/echo'],
      [1, '/401'],
      [0, '/401'],
      [3, '/'],
    ]) {
      nodeRed.give('open', { linkId, uri: `ws://me:${uri}@host${path}` });
      await clock.advance(30_000);
    }
    assert.equal(nodeRed.waiting('caught').length, 3);
    const all = visible(seen);
    for (const secret of [password, header, authorization, uri]) {
      assert.ok(!all.includes(secret), `${secret} in ${all}`);
      // The device gets them, except the userinfo of a URI: the authorization replaces it.
      assert.equal(port.text.includes(secret), secret !== uri, secret);
    }
    await nodeRed.unload();
  });

  it('shows nothing of an invalid key or password', async () => {
    const [password, key] = ['pass\nWord', 'no PEM but a secret'];
    await using harness = new Harness();
    const { port, clock } = harness;
    const flow = wholeFlow({ device: { wifi: true, ssid: 'net' } });
    const make = ({ options }: DeviceSettings) => new Device({ ...options, port, clock });
    for (const wrong of [{ password }, { key0: key }]) {
      await nodeRed.load(make, flow, { device: wrong }, undefined, clock);
      nodeRed.give('open', { linkId: 0, uri: 'ws://host/' });
      await clock.advance(60_000);
      const caught = await nodeRed.next('caught');
      assert.match(String(codeOf(caught)), /^(INVALID_SETTING|CERTIFICATE_INVALID|WIFI_PASSWORD)$/);
      const all = visible(caught);
      for (const secret of [password, 'Word', key]) assert.ok(!all.includes(secret), all);
      assert.ok(!port.text.includes('Word'));
      await nodeRed.unload();
    }
  });
});
