import assert from 'node:assert/strict';
import { beforeEach, it } from 'node:test';
import type { DeviceSettings } from '../../../nodes/shared/settings/device-settings';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { catchNodes, helpers, without } from '../../harness/nodes/flows';
import { codeOf } from '../../harness/nodes/messages';
import { onEachRuntime } from '../../harness/nodes/node-red';

/** What a subflow instance sets in its properties. */
type Properties = Readonly<Record<string, { readonly type: string; readonly value: string }>>;

onEachRuntime('subflow instances with a device each', (nodeRed) => {
  let devices: Map<string, FakeDevice>;
  beforeEach(() => {
    devices = new Map();
  });

  const load = (flow: readonly object[]) =>
    nodeRed.load(({ address }: DeviceSettings) => {
      const device = new FakeDevice();
      devices.set(address, device);
      return device;
    }, flow);

  function deviceAt(address: string): FakeDevice {
    const device = devices.get(address);
    assert.ok(device, `no device at ${address}, but at ${[...devices.keys()].join()}`);
    return device;
  }

  /** A subflow that opens a link, and its instances, whose two outputs lead to `<id>-in` and `<id>-state`. */
  function flow(
    device: string,
    defaults: readonly object[],
    configs: readonly object[],
    instances: Readonly<Record<string, Properties>>,
  ): object[] {
    const out = (port: number) => ({ wires: [{ id: 'open', port }] });
    return [
      { id: 'tab', type: 'tab' },
      ...configs,
      {
        id: 'board',
        type: 'subflow',
        name: 'board',
        env: defaults,
        in: [{ wires: [{ id: 'open' }] }],
        out: [out(0), out(1)],
      },
      {
        id: 'open',
        type: 'ws-open',
        z: 'board',
        device,
        link: '0',
        uri: 'ws://${SERVER}/',
        timeout: '${TIMEOUT}',
        wires: [[], []],
      },
      { id: 'catch', type: 'catch', z: 'board', wires: [[]] },
      ...Object.entries(instances).flatMap(([id, properties]) => {
        const env = Object.entries(properties).map(([name, value]) => ({ name, ...value }));
        const boxes = [`${id}-in`, `${id}-state`];
        return [
          { id, type: 'subflow:board', z: 'tab', env, wires: boxes.map((box) => [box]) },
          ...helpers(...boxes),
        ];
      }),
    ];
  }

  const text = (value: string) => ({ type: 'str', value });

  /** Opens in both instances, and has each device receive a message. */
  async function openBoth(addresses: readonly [string, string]): Promise<void> {
    for (const [index, id] of ['first', 'second'].entries()) {
      nodeRed.give(id, { topic: id });
      const opened = await nodeRed.next(`${id}-state`);
      assert.deepEqual(
        [opened.topic, opened.event, opened.uri],
        [id, 'opened', `ws://server${index + 1}/`],
      );
    }
    const given = addresses.map((address) => {
      const [link] = deviceAt(address).links;
      link.receive(Buffer.from(address), 1);
      return link.opened.map(({ uri, timeoutMs }) => [uri, timeoutMs]);
    });
    assert.deepEqual(given, [[['ws://server1/', 1500]], [['ws://server2/', 2500]]]);
    const got = [await nodeRed.next('first-in'), await nodeRed.next('second-in')];
    assert.deepEqual(
      got.map(({ payload }) => payload),
      addresses,
    );
    for (const id of ['first', 'second'])
      assert.deepEqual([nodeRed.waiting(`${id}-in`), nodeRed.waiting(`${id}-state`)], [[], []]);
  }

  const instance = (server: number): Properties => ({
    SERVER: text(`server${server}`),
    TIMEOUT: { type: 'num', value: `${server}500` },
  });

  it('a device of the flow, chosen by a property of the instance: each opens on its own', async () => {
    const device = (id: string, port: string) => ({ id, type: 'esp-at-device', name: '', port });
    const chosen = (value: string) => ({ BOARD: { type: 'conf-type', value } });
    await load(
      flow(
        '${BOARD}',
        [{ name: 'BOARD', type: 'esp-at-device', value: '', ui: { type: 'conf-types' } }],
        [device('device1', 'sim:one'), device('device2', 'sim:two')],
        {
          first: { ...instance(1), ...chosen('device1') },
          second: { ...instance(2), ...chosen('device2') },
        },
      ),
    );
    await openBoth(['sim:one', 'sim:two']);
  });

  it('a device inside the subflow, its port a property of the instance: each has its own', async () => {
    const device = {
      id: 'inside',
      type: 'esp-at-device',
      z: 'board',
      name: '',
      port: 'sim:${PORT}',
    };
    await load(
      flow('inside', [{ name: 'PORT', ...text('default') }], [device], {
        first: { ...instance(1), PORT: text('one') },
        second: instance(2),
      }),
    );
    await openBoth(['sim:one', 'sim:default']);
    assert.equal(devices.size, 2);
    await nodeRed.unload();
    assert.deepEqual(
      [...devices.values()].map(({ stops }) => stops),
      [1, 1],
    );
  });

  it('an instance without a device: NO_DEVICE at its Catch node, the other one works', async () => {
    const device = { id: 'device1', type: 'esp-at-device', name: '', port: 'sim:one' };
    const made = flow('${BOARD}', [], [device], {
      first: { ...instance(1), BOARD: { type: 'conf-type', value: 'device1' } },
      second: instance(2),
    });
    await load([...without(made, 'catch'), ...catchNodes()]);
    const msg = await nodeRed.ask('second', { topic: 'second' }, 'caught');
    assert.deepEqual([codeOf(msg), msg.topic], ['NO_DEVICE', 'second']);
    nodeRed.give('first', { topic: 'first' });
    assert.equal((await nodeRed.next('first-state')).event, 'opened');
  });
});
