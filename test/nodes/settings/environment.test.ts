import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { DeviceSettings } from '../../../nodes/shared/settings/device-settings';
import { textFields } from '../../harness/editor/dialog-fields';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { flowOf } from '../../harness/nodes/flows';
import { codeOf } from '../../harness/nodes/messages';
import { onEachRuntime, type NodeRed } from '../../harness/nodes/node-red';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { turns } from '../../harness/nodes/turns';
import { given } from './given';

/** The text of a field, and the value that the node must make of it. */
type Row = readonly [stored: string, expected: unknown];
type Rows = Readonly<Record<string, Row>>;

const variables = { ESP_AT_FIVE: '5', ESP_AT_SECRET: 'secret word' };
const five = '${ESP_AT_FIVE}';
/** Node-RED replaces a credential that is a variable as a whole: a password may contain `${`. */
const secret: Row = ['${ESP_AT_SECRET}', 'secret word'];

/** Fields whose text is not looked up in the environment. */
const without = [
  // Chosen from a list.
  'device',
  'tls0',
  'tls1',
  // Labels of the editor.
  'name',
  'links.name',
  // JSONata has a function for it, `$env()`, and a meaning of its own for `${`.
  'condition',
  // The name of a property, unless its menu says otherwise.
  'payload',
];

const tables: Readonly<Record<string, Rows>> = {
  'esp-at-device': {
    port: [` /dev/tty${five} `, '/dev/tty5'],
    rate: [`960${five}`, 9605],
    raiseTo: [`960${five}`, 9605],
    ssid: [`net ${five}`, 'net 5'],
    password: secret,
    bssid: [`aa:bb:cc:dd:ee:0${five}`, 'aa:bb:cc:dd:ee:05'],
    timezone: [`-${five}`, -5],
    servers: [`ntp${five}.example`, ['ntp5.example']],
    'links.pingInterval': [`1${five}`, 15_000],
    'links.pongTimeout': [`1${five}`, 15_000],
    'links.bufferSize': [`204${five}`, 2045],
    'headers.name': [`X-${five}`, 'X-5'],
    'headers.value': [`value ${five}`, 'value 5'],
    queueMessages: [`1${five}`, 15],
    queueBytes: [`100${five}`, 1005],
    ca0: secret,
    certificate0: secret,
    key0: secret,
    ca1: secret,
    certificate1: secret,
    key1: secret,
  },
  'ws-open': {
    uri: [`ws://host${five}/`, 'ws://host5/'],
    subprotocol: [`chat.${five}`, 'chat.5'],
    authorization: [`Bearer ${five}`, 'Bearer 5'],
    timeout: [`1${five}`, 15],
    maxMessage: [`1${five}`, 15],
    delimiter: [`${five};`, { by: 'delimiter', delimiter: Buffer.from('5;') }],
    silence: [`1${five}`, { by: 'idle', idleMs: 15 }],
    'headers.name': [`X-${five}`, 'X-5'],
    'headers.value': [`value ${five}`, 'value 5'],
  },
  'ws-send': {
    holdSeconds: [`1${five}`, 15_000],
    holdMessages: [five, 5],
    timeout: [`1${five}`, 15],
  },
  'ws-request': {
    requestPath: [`id${five}`, 'id5'],
    replyPath: [`for${five}`, 'for5'],
    timeout: [`1${five}`, 15],
    holdSeconds: [`1${five}`, 15_000],
  },
  'ws-close': { code: [`300${five}`, 3005], reason: [`reason ${five}`, 'reason 5'] },
  'ws-status': { poll: [`1${five}`, 15_000] },
};

describe('text fields of the dialogs', () => {
  for (const [type, fields] of textFields())
    it(`${type}: each has a row in the table of this test, or a reason to have none`, () => {
      const table = Object.keys(tables[type] ?? {});
      assert.deepEqual([...table].sort(), fields.filter((name) => !without.includes(name)).sort());
    });
});

onEachRuntime('${ENV} in a text field', (nodeRed) => {
  let device: FakeDevice;
  let made: DeviceSettings[];
  before(() => Object.assign(process.env, variables));
  after(() => {
    for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
  });
  beforeEach(() => {
    device = new FakeDevice();
    made = [];
  });

  async function load(flow: readonly object[], credentials = {}, clock?: VirtualClock) {
    const make = (settings: DeviceSettings) => {
      made.push(settings);
      return device;
    };
    await nodeRed.load(make, flow, credentials, undefined, clock);
  }

  /** The value that the driver gets for a stored field of the device, and the interval of ws-status. */
  const found: Readonly<Record<string, (field: string, stored: string) => Promise<unknown>>> = {
    async 'esp-at-device'(field, stored) {
      const on = { wifi: true, ssid: 'home', sntp: true, servers: 'a', autoRate: false };
      const flow = flowOf('ws-open', 2, {}, { ...on, ...settingsOf(field, stored) });
      await load(flow, { device: { password: 'password', [field]: stored } });
      const [settings] = made;
      assert.ok(settings);
      const { options, serial, links, headers, address } = settings;
      const { certificates, wifi, sntp, sendLimit } = options;
      const [first] = headers;
      const values: Readonly<Record<string, unknown>> = {
        port: address,
        rate: serial.rate,
        raiseTo: options.negotiatedRate,
        ...wifi,
        ...sntp,
        queueMessages: sendLimit?.messages,
        queueBytes: sendLimit?.bytes,
        'links.pingInterval': links[0].pingIntervalMs,
        'links.pongTimeout': links[0].pongTimeoutMs,
        'links.bufferSize': links[0].bufferBytes,
        'headers.name': first?.name,
        'headers.value': first?.value,
      };
      const slot = certificates?.find((each) => String(each.slot) === field.at(-1));
      const pem: unknown = slot && Reflect.get(slot, field.slice(0, -1));
      return values[field] ?? pem;
    },
    async 'ws-status'(field, stored) {
      const clock = new VirtualClock();
      await load(flowOf('ws-status', 1, { [field]: stored }), {}, clock);
      const before = clock.now();
      assert.ok(await clock.until(() => device.queries === 1, 60_000));
      return clock.now() - before;
    },
  };

  /** The value that a link gets for a stored field of a node. */
  async function givenBy(type: string, field: string, stored: string): Promise<unknown> {
    const joining = field === 'silence' ? 'silence' : 'delimiter';
    const common = { uri: 'ws://host/', joining, whenAway: 'hold' };
    const flow = flowOf(type, 2, { ...common, ...settingsOf(field, stored) });
    await load(flow, { node: { authorization: 'x', [field]: stored } });
    if (field === 'holdMessages') return messagesBeforeRefusal(nodeRed, device);
    nodeRed.give('node', { payload: 'x' });
    const value = () => given[type]?.[field]?.(device.links[0]);
    for (let turn = 0; turn < 50 && value() === undefined; turn++) await turns();
    return value();
  }

  for (const [type, rows] of Object.entries(tables))
    for (const [field, [stored, expected]] of Object.entries(rows))
      it(`${type}, ${field}: ${stored} becomes ${JSON.stringify(expected)}`, async () => {
        const find = found[type] ?? ((...row) => givenBy(type, ...row));
        assert.deepEqual(await find(field, stored), expected);
      });

  it('a secret header of ws-open and of the device: becomes its value', async () => {
    const headers = [{ name: 'X-Key', secret: true, slot: 0 }];
    const shared = { headers: [{ name: 'X-Shared', secret: true, slot: 1 }] };
    const flow = flowOf('ws-open', 2, { uri: 'ws://host/', headers }, shared);
    await load(flow, {
      node: { headerSecret0: `key ${five}` },
      device: { headerSecret1: `shared ${five}` },
    });
    nodeRed.give('node');
    await nodeRed.next('out1');
    assert.deepEqual(device.links[0].opened[0]?.headers, [
      { name: 'X-Shared', value: 'shared 5' },
      { name: 'X-Key', value: 'key 5' },
    ]);
  });

  it("ws-request's condition: $env() gives the variable", async () => {
    const condition = 'reply.payload.seq = $number($env("ESP_AT_FIVE"))';
    await load(flowOf('ws-request', 2, { match: 'jsonata', condition }));
    nodeRed.give('node', { payload: 'x' });
    await turns();
    const [link] = device.links;
    assert.deepEqual(
      [await link.accepts({ seq: 5 }), await link.accepts({ seq: 6 })],
      [true, false],
    );
  });
});

/** Settings with a stored field, perhaps of a row of a list. */
function settingsOf(field: string, stored: string): object {
  const [list, name] = field.split('.');
  if (name === undefined) return { [field]: stored };
  const row = list === 'headers' ? { name: 'X-Name', value: 'value', [name]: stored } : {};
  return { [String(list)]: [{ ...row, [name]: stored }] };
}

/** How many messages ws-send holds before it refuses one. */
async function messagesBeforeRefusal(nodeRed: NodeRed, device: FakeDevice): Promise<number> {
  const [link] = device.links;
  const go = link.suspend();
  for (let count = 0; count < 20; count++) nodeRed.give('node', { payload: 'x' });
  assert.equal(codeOf(await nodeRed.next('caught')), 'QUEUE_FULL');
  go();
  return link.sent.length;
}
