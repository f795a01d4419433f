import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceSettings } from '../../../nodes/shared/settings/device-settings';
import { migrate, SETTINGS_VERSION } from '../../../nodes/shared/settings/migrate';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { isOwn, savedFlows } from '../../harness/nodes/saved-flows';
import { nodeFiles, storedSettings, text, type Json } from '../../package/project';

const saved = savedFlows('unversioned');
const everySetting = saved.get('Every setting') ?? [];
const secrets = { password: 'secret word', headerSecret0: 'key', ca0: 'CA', ca1: 'other CA' };

onEachRuntime('flows saved without a version', (nodeRed) => {
  /** Loads the nodes of this package, with secrets; gives the settings of each device, and the devices. */
  async function load(flow: readonly Json[]) {
    const settings: DeviceSettings[] = [];
    const devices: FakeDevice[] = [];
    const make = (made: DeviceSettings) => {
      settings.push(made);
      const device = new FakeDevice();
      devices.push(device);
      return device;
    };
    const device = String(flow.find(({ type }) => type === 'esp-at-device')?.id);
    await nodeRed.load(
      make,
      flow.filter((node) => /^(tab|complete|helper)$/.test(String(node.type)) || isOwn(node)),
      { [device]: secrets },
    );
    return { settings, devices };
  }

  for (const [name, flow] of saved) {
    it(`${name}: every node starts, none complains`, async () => {
      const { settings } = await load(flow);
      for (const { id } of flow.filter(isOwn)) {
        for (const level of ['warn', 'error'] as const)
          assert.deepEqual(nodeRed.logged(String(id), level), [], String(id));
      }
      assert.equal(settings.length, 1);
    });
  }

  it('every setting: the device gets what the flow says', async () => {
    const { settings } = await load(everySetting);
    const [made] = settings;
    assert.equal(made?.address, '/dev/serial/by-id/usb-board');
    assert.deepEqual(made.serial, { rate: 230400, dtr: false, rts: false });
    assert.deepEqual(made.options, {
      wifi: { ssid: ' my network ', password: 'secret word', bssid: 'aa:bb:cc:dd:ee:ff' },
      sntp: { timezone: -5, servers: ['pool.ntp.org', 'time.example.org'] },
      certificates: [
        { slot: 0, ca: 'CA', certificate: '', key: '' },
        { slot: 1, ca: 'other CA', certificate: '', key: '' },
      ],
      negotiatedRate: 921600,
      flowControl: true,
      rtsReset: true,
      store: true,
      sendLimit: { messages: 50, bytes: 65536 },
    });
    assert.deepEqual(made.links[0], {
      pingIntervalMs: 20_000,
      pongTimeoutMs: 60_000,
      bufferBytes: 2048,
      auth: 3,
      pki: 1,
      ca: 0,
    });
    assert.deepEqual([made.links[1].auth, made.links[1].ca, made.links[2].auth], [2, 1, undefined]);
    assert.deepEqual(made.headers.at(1), { name: 'X-Key', value: 'key' });
  });

  it('every setting: ws-open, ws-send and ws-close give the links what the flow says', async () => {
    const id = (name: string) => String(everySetting.find((node) => node.name === name)?.id);
    const names = ['delimiter', 'json', 'silence', 'hold', 'graceful', 'now'];
    const z = everySetting[0]?.id;
    const { devices } = await load([
      ...everySetting,
      { id: 'complete', type: 'complete', z, scope: names.map(id), wires: [['completed']] },
      { id: 'completed', type: 'helper', z, wires: [] },
    ]);
    const [device] = devices;
    assert.ok(device);
    for (const name of names) {
      nodeRed.give(id(name), { payload: 'text', topic: 'feed', room: 'hall' });
      await nodeRed.next('completed');
    }
    const [first, second, third] = device.links;
    const opened = first.opened.find(({ uri }) => uri === 'wss://example.org/feed');
    assert.equal(opened?.subprotocol, 'chat.v1');
    assert.deepEqual(
      [opened.timeoutMs, opened.keepOpen, opened.replace, opened.maxMessageBytes],
      [9000, true, true, 4096],
    );
    assert.deepEqual(opened.framing, { by: 'delimiter', delimiter: Buffer.from('\r\n\0') });
    assert.deepEqual(opened.headers?.at(-1), { name: 'X-Room', value: 'hall' });
    assert.deepEqual(second.opened.at(-1)?.framing, { by: 'json' });
    assert.deepEqual(third.opened.at(-1)?.framing, { by: 'idle', idleMs: 250 });
    const [sent] = first.sent;
    assert.deepEqual([sent?.options.timeoutMs, sent?.options.holdMs], [5000, 45_000]);
    const closings = first.closed.map(({ graceful, code, reason }) => [graceful, code, reason]);
    assert.deepEqual(closings, [
      [true, 4001, 'night'],
      [false, 1000, ''],
    ]);
  });
});

describe('migration of settings', () => {
  it('a flow without a version that lacks settings gets the defaults of that time', () => {
    assert.deepEqual(migrate('ws-send', { name: 'mine', timeout: '5' }), {
      name: 'mine',
      settingsVersion: SETTINGS_VERSION,
      link: '0',
      payload: 'payload',
      payloadType: 'msg',
      timeout: '5',
      timeoutType: 'num',
      whenAway: 'fail',
      holdSeconds: '30',
      holdMessages: '100',
    });
  });

  it('settings of this version or a newer one stay as they are', () => {
    for (const settingsVersion of [SETTINGS_VERSION, SETTINGS_VERSION + 1]) {
      const settings = { settingsVersion, link: '1' };
      assert.equal(migrate('ws-send', settings), settings);
    }
  });

  for (const type of nodeFiles().keys()) {
    it(`the dialog of ${type} stores the version and every migrated setting`, () => {
      const stored = storedSettings(type);
      for (const field of Object.keys(migrate(type, {})))
        assert.ok(stored.includes(field), `${field} is not stored`);
      assert.ok(
        text(`nodes/${type}.html`).includes(`settingsVersion: { value: ${SETTINGS_VERSION} }`),
      );
    });
  }
});
