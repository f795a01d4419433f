import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Recorder } from '../../../driver/recorder/recorder';
import { SecretSet } from '../../../driver/recorder/secret-set';
import { TrafficReader } from '../../../nodes/shared/live/live-traffic';
import { SignalWatch } from '../../../nodes/shared/live/signal-watch';
import { FakeDevice } from '../../harness/nodes/fake-device';
import { flowOf } from '../../harness/nodes/flows';
import { onEachRuntime } from '../../harness/nodes/node-red';
import { VirtualClock } from '../../../simulator/replay/virtual-clock';
import { asObject, asObjects } from '../../package/project';

function recorded(): { device: FakeDevice; recorder: Recorder } {
  const device = new FakeDevice();
  const recorder = new Recorder(65_536, new VirtualClock(), new SecretSet());
  device.recorder = recorder;
  return { device, recorder };
}

describe('traffic for the live view', () => {
  it('continues where the last answer ended, and begins again with another device', () => {
    const reader = new TrafficReader();
    const { device, recorder } = recorded();
    recorder.received(Buffer.from('a'));
    const first = reader.read(device, 0, 0, 5);
    assert.deepEqual(first?.lines, [{ at: 0, device: 'a' }]);
    recorder.received(Buffer.from('b'));
    const second = reader.read(device, first.run, first.next, 6);
    assert.deepEqual([second?.lines, second?.skipped], [[{ at: 0, device: 'b' }], 0]);
    const other = recorded();
    other.recorder.received(Buffer.from('c'));
    const third = reader.read(other.device, first.run, second?.next ?? 0, 7);
    assert.deepEqual([third?.lines, third?.skipped], [[{ at: 0, device: 'c' }], 0]);
  });

  it('is at most 32 KiB in one answer: the newest, and how much was left out', () => {
    const reader = new TrafficReader();
    const { device, recorder } = recorded();
    for (let index = 0; index < 500; index++) recorder.received(Buffer.alloc(100, 'x'));
    const answer = reader.read(device, 1, 0, 0);
    const bytes = (answer?.lines.length ?? 0) * 113;
    assert.ok(bytes <= 32_768 && bytes > 32_768 - 113, `${bytes}`);
    assert.equal(answer?.skipped, 500 * 113 - bytes);
  });

  it('shows no secret of another program that two answers share', () => {
    const reader = new TrafficReader();
    const { device, recorder } = recorded();
    let shown = '';
    let next = 0;
    for (const said of ['+WSHEAD:0,"A: se', 'cret"\r\n+WSOPEN:0,2,"ws://bo', 'b:pass@h/"\r\n']) {
      recorder.received(Buffer.from(said));
      const answer = reader.read(device, 1, next, 0);
      shown += (answer?.lines ?? []).map((line) => ('device' in line ? line.device : '')).join('');
      next = answer?.next ?? 0;
    }
    assert.equal(shown, '+WSHEAD:0,"A: ******"\r\n+WSOPEN:0,2,"ws://***:****@h/"\r\n');
  });

  it('shows no part of a header of another program that is longer than an answer, and than the recorder keeps', () => {
    const reader = new TrafficReader();
    const { device, recorder } = recorded();
    recorder.received(Buffer.from('+WSHEAD:0,"A: '));
    let next = recorder.end;
    for (let kibibyte = 0; kibibyte < 100; kibibyte++) {
      recorder.received(Buffer.alloc(1024, 'secret'));
      const answer = reader.read(device, 1, next, 0);
      assert.doesNotMatch(JSON.stringify(answer?.lines), /[a-z]{6}(?<!device)/);
      next = answer?.next ?? 0;
    }
  });

  it('is none of a device that records nothing', () => {
    assert.equal(new TrafficReader().read(new FakeDevice(), 0, 0, 0), undefined);
  });
});

describe('signal for the live view', () => {
  it('is asked for at most every 30 s, only of a ready device for which nothing waits', async () => {
    const clock = new VirtualClock();
    const watch = new SignalWatch();
    const device = new FakeDevice();
    device.answer = ['+CWJAP:"net","aa:bb:cc:dd:ee:ff",6,-52,0,1,3,0,0'];
    assert.equal(watch.latest(false, clock, device), undefined);
    assert.deepEqual(device.commands, []);
    watch.latest(true, clock, device);
    await clock.advance(29_999);
    assert.deepEqual(watch.latest(true, clock, device), { ssid: 'net', signal: -52 });
    assert.deepEqual(device.commands, ['AT+CWJAP?']);
    await clock.advance(1);
    device.answer = [];
    watch.latest(true, clock, device);
    await clock.advance(1);
    assert.equal(watch.latest(true, clock, device), undefined);
    assert.equal(device.commands.length, 2);
  });
});

const flow = flowOf('ws-status', 1, { link: 'device' });

onEachRuntime('GET esp-at-websocket', (nodeRed) => {
  it('live: describes every device, and gives the traffic of the one asked for', async () => {
    const { device, recorder } = recorded();
    recorder.wrote(Buffer.from('AT\r\n'));
    await nodeRed.load(() => device, flow);
    const { status, body } = await nodeRed.get(
      '/esp-at-websocket/live?device=device&run=0&after=0',
    );
    assert.equal(status, 200);
    const { devices, traffic } = asObject(body, 'answer');
    const [only] = asObjects(devices, 'devices');
    assert.deepEqual(
      [only?.id, only?.name, only?.state, only?.firmware],
      ['device', 'board', 'ready', 'D'],
    );
    assert.deepEqual(asObject(traffic, 'traffic').lines, [{ at: 0, host: 'AT\r\n' }]);
  });

  /** Two instances of a subflow with a device inside, whose port is a property of the instance. */
  const instances = [
    { id: 'tab', type: 'tab' },
    { id: 'sub', type: 'subflow', name: 'sub', env: [], in: [], out: [] },
    { id: 'inside', type: 'esp-at-device', z: 'sub', name: 'board', port: '${PORT}' },
    { id: 'status', type: 'ws-status', z: 'sub', device: 'inside', link: 'device', wires: [[]] },
    ...['one', 'two'].map((id) => ({
      id,
      type: 'subflow:sub',
      z: 'tab',
      name: id === 'one' ? 'kitchen' : '',
      env: [{ name: 'PORT', type: 'str', value: `sim:${id}` }],
      wires: [],
    })),
  ];

  it('live: lists the devices inside subflow instances, and gives the traffic and recording of one', async () => {
    const { device, recorder } = recorded();
    recorder.wrote(Buffer.from('AT\r\n'));
    await nodeRed.load(() => device, instances);
    const { body } = await nodeRed.get('/esp-at-websocket/live?device=two-inside&run=0&after=0');
    const { devices, traffic } = asObject(body, 'answer');
    assert.deepEqual(
      asObjects(devices, 'devices').map(({ id, name }) => [id, name]),
      [
        ['one-inside', 'board (kitchen)'],
        ['two-inside', 'board (sim:two)'],
      ],
    );
    assert.deepEqual(asObject(traffic, 'traffic').lines, [{ at: 0, host: 'AT\r\n' }]);
    const { status } = await nodeRed.get('/esp-at-websocket/recording/two-inside');
    assert.equal(status, 200);
  });

  it('live: tells devices of one label apart by their ports: of one name, or in instances within instances', async () => {
    const nested = [
      ...instances.filter(({ type }) => type !== 'subflow:sub'),
      { id: 'outer', type: 'subflow', name: 'outer', env: [], in: [], out: [] },
      {
        id: 'inner',
        type: 'subflow:sub',
        z: 'outer',
        name: 'desk',
        env: [{ name: 'PORT', type: 'env', value: 'ROOM_PORT' }],
        wires: [],
      },
      ...['one', 'two'].map((id) => ({
        id,
        type: 'subflow:outer',
        z: 'tab',
        env: [{ name: 'ROOM_PORT', type: 'str', value: `sim:${id}` }],
        wires: [],
      })),
      ...[
        ['three', 'plain'],
        ['four', 'plain'],
        ['five', 'at sim:six'],
        ['si', 'at sim:six'],
      ].flatMap(([id = '', name]) => [
        { id, type: 'esp-at-device', name, port: `sim:${id}` },
        {
          id: `${id}-status`,
          type: 'ws-status',
          z: 'tab',
          device: id,
          link: 'device',
          wires: [[]],
        },
      ]),
    ];
    await nodeRed.load(() => new FakeDevice(), nested);
    const names = async () => {
      const { body } = await nodeRed.get('/esp-at-websocket/live');
      return asObjects(asObject(body, 'answer').devices, 'devices').map(({ name }) => name);
    };
    const expected = [
      ...['at sim:six', 'at sim:six, sim:si'],
      ...['board (desk)', 'board (desk), sim:two', 'plain', 'plain, sim:four'],
    ];
    assert.deepEqual(await names(), expected);
    await nodeRed.deploy(nested, 'full');
    assert.deepEqual(await names(), expected);
  });

  it('live: lists no device of a flow that is no longer deployed', async () => {
    await nodeRed.load(() => new FakeDevice(), instances);
    await nodeRed.unload();
    await nodeRed.load(() => new FakeDevice(), flow);
    const { body } = await nodeRed.get('/esp-at-websocket/live');
    const devices = asObjects(asObject(body, 'answer').devices, 'devices');
    assert.deepEqual(
      devices.map(({ id }) => id),
      ['device'],
    );
  });

  it('firmware: gives the class of a device, and of the instances of one inside a subflow, if it is the same', async () => {
    const made: FakeDevice[] = [];
    const make = () => {
      const device = new FakeDevice();
      made.push(device);
      return device;
    };
    const classOf = async (id: string) =>
      asObject((await nodeRed.get(`/esp-at-websocket/firmware/${id}`)).body, 'body').firmware;
    await nodeRed.load(make, [...flow, ...instances]);
    assert.deepEqual([await classOf('device'), await classOf('inside')], ['D', 'D']);
    assert.deepEqual([await classOf('sub'), await classOf('x')], [undefined, undefined]);
    const [first, second] = made.slice(-2);
    assert.ok(first?.capabilities && second);
    second.capabilities = { ...first.capabilities, firmware: 'B' };
    assert.equal(await classOf('inside'), undefined);
  });

  it('recording: gives the file of a device, and an error without one', async () => {
    await nodeRed.load(() => new FakeDevice(), flow);
    const found = await nodeRed.get('/esp-at-websocket/recording/device');
    assert.equal(found.status, 200);
    const none = await nodeRed.get('/esp-at-websocket/recording/x');
    assert.equal(none.status, 409);
    const error = asObject(asObject(none.body, 'body').error, 'error');
    assert.deepEqual([error.code, error.details], ['NO_DEVICE', {}]);
  });
});
