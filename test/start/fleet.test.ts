import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { asObject, asObjects, asText, type Json } from '../package/project';
import { Demo } from './demo';
import { flowOf } from './example';
import { MqttBroker } from './mqtt-broker';
import { until } from '../harness/until';

const HOSTS = ['host-1', 'host-2', 'host-3', 'host-4', 'host-5'] as const;
const DEVICES_PER_HOST = 10;
const DEVICES = HOSTS.length * DEVICES_PER_HOST;
const DEVICE_NAMES = Array.from({ length: DEVICES_PER_HOST }, (_, index) => `line-${index + 1}`);
const NAMES = HOSTS.flatMap((host) => DEVICE_NAMES.map((device) => `${host}/${device}`));

describe('the fleet examples with 50 simulated devices on five hosts', () => {
  let broker: MqttBroker;
  const demos: Demo[] = [];
  const retained = async () => {
    const kept = await broker.retained('esp-at/+/+/state', DEVICES);
    return [...kept].map(([topic, payload]): Json => {
      const [, host, device] = topic.split('/');
      return { name: `${host}/${device}`, ...asObject(JSON.parse(payload), topic) };
    });
  };
  const telemetry = (name: string) => broker.heard(`esp-at/${name}/telemetry`).map(String);
  /** The latest state that was heard. */
  const latest = (name: string): Json => {
    const payload = broker.heard(`esp-at/${name}/state`).at(-1);
    return payload ? asObject(JSON.parse(payload.toString()), name) : {};
  };
  const statistics = (name: string) =>
    broker
      .heard(`esp-at/${name}/statistics`)
      .map((payload) => asObject(JSON.parse(payload.toString()), name));
  const isOpen = ({ state, link }: Json) => state === 'ready' && link === 'established';

  before(async () => {
    broker = await MqttBroker.start();
    const devices = broker.in(manyDevices(flowOf('Fleet - devices')));
    const overview = broker.in(flowOf('Fleet - overview'));
    // One after the other: five Node-REDs that start at once keep a small machine busy for long.
    for (const host of HOSTS) {
      const flows = host === 'host-1' ? [...devices, ...overview] : devices;
      demos.push(await Demo.start({ flows, env: { FLEET_HOST: host } }));
    }
  });
  after(async () => {
    for (const demo of demos) await demo.dispose();
    await broker.close();
  });

  it('retains a state for each device: ready, its link established', async () => {
    await until(() => NAMES.every((name) => isOpen(latest(name))), '50 established links');
    const states = await retained();
    assert.deepEqual(states.map(({ name }) => name).sort(), [...NAMES].sort());
    assert.ok(states.every(isOpen));
  });

  it('a command reaches its device, and no other one', async () => {
    const command = 'restart the pump';
    await broker.publish('esp-at/host-3/line-7/command', command);
    await until(() => telemetry('host-3/line-7').includes(command), 'the echo of the command');
    const reached = NAMES.filter((name) => telemetry(name).includes(command));
    assert.deepEqual(reached, ['host-3/line-7']);
  });

  it('publishes the statistics of each device', async () => {
    await until(() => NAMES.every((name) => statistics(name).length > 0), '50 statistics');
    const last = () => statistics('host-3/line-7').at(-1);
    // The first may be from before the link opened.
    const isConnected = () => asObjects(last()?.links, 'links')[0]?.connections === 1;
    await until(isConnected, 'a connection in the statistics');
    assert.equal(last()?.resyncs, 0);
  });

  it('the overview lists all devices, and sends a command to one on another host', async () => {
    const [first] = demos;
    assert.ok(first);
    const page = await fetch(new URL('/fleet', first.address));
    assert.match(await page.text(), /<title>Fleet<\/title>/);
    const listed = asObjects(await first.ask('/fleet/devices'), 'devices');
    assert.equal(listed.filter(({ state }) => isOpen(asObject(state, 'state'))).length, DEVICES);
    const headers = { 'Content-Type': 'application/json' };
    const body = JSON.stringify({ host: 'host-2', device: 'line-4', text: 'from the page' });
    await first.ask('/fleet/command', { method: 'POST', headers, body });
    await until(
      () => telemetry('host-2/line-4').includes('from the page'),
      'the command of the page',
    );
  });

  it('a host is killed: its ten devices are offline, retained; the other forty stay', async () => {
    await demos.at(-1)?.end('SIGKILL');
    const gone = NAMES.filter((name) => name.startsWith('host-5/'));
    await until(() => gone.every((name) => latest(name).state === 'offline'), 'ten last wills');
    const states = await retained();
    const offline = states.filter(({ state }) => state === 'offline');
    assert.deepEqual(offline.map(({ name }) => name).sort(), gone.sort());
    assert.equal(states.filter(isOpen).length, DEVICES - DEVICES_PER_HOST);
  });

  it('an empty retained state removes a device from the overview', async () => {
    const [first] = demos;
    assert.ok(first);
    await broker.publish('esp-at/host-5/line-1/state', '', true);
    const listed = async () => asObjects(await first.ask('/fleet/devices'), 'devices');
    await until(async () => (await listed()).length === DEVICES - 1, 'its removal');
    const left = (await listed()).filter(({ host }) => host === 'host-5');
    assert.ok(left.every(({ device }) => device !== 'line-1'));
  });
});

/** The flow with ten devices instead of its two, copied as its description says. */
function manyDevices(flow: readonly Json[]): Json[] {
  const device = flow.find(({ type }) => type === 'esp-at-device');
  const instance = flow.find(({ type }) => asText(type, 'type').startsWith('subflow:'));
  assert.ok(device && instance);
  const rest = flow.filter(({ type }) => type !== device.type && type !== instance.type);
  const copies = DEVICE_NAMES.flatMap((name): Json[] => [
    { ...device, id: `device-${name}`, name, port: `sim:${name}` },
    {
      ...instance,
      id: `fleet-${name}`,
      name,
      env: [{ name: 'DEVICE', value: `device-${name}`, type: 'conf-type' }],
    },
  ]);
  return [...rest, ...copies].map((node) => {
    if (node.name === 'every minute') return { ...node, onceDelay: 3, repeat: '5' };
    // The sensor is wired to all of them.
    return Array.isArray(node.wires) &&
      JSON.stringify(node.wires).includes(asText(instance.id, 'id'))
      ? { ...node, wires: [DEVICE_NAMES.map((name) => `fleet-${name}`)] }
      : node;
  });
}
