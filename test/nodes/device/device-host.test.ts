import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Deferred } from '../../../driver/deferred';
import { EspAtError } from '../../../driver/errors';
import { listenToDevice, listenToLinks } from '../../../nodes/shared/device/flow-events';
import { listenerCount } from '../../harness/event-log';
import { runAction } from '../../../nodes/shared/device/device-actions';
import { Hosts, RecordingUser } from '../../harness/nodes/device-hosts';
import { FakeDevice } from '../../harness/nodes/fake-device';

const stopped = { code: 'DEVICE_STOPPED' };

/** A host on the port `p`, with the addresses of the ports that it gave its device. */
function oneHost() {
  const hosts = new Hosts();
  const device = new FakeDevice();
  const made: string[] = [];
  const host = hosts.host('a', (address) => {
    made.push(address);
    return device;
  });
  return { hosts, clock: hosts.clock, device, made, host };
}

describe('device host', () => {
  it('starts with the first user, and stops 500 ms after the last detaches', async () => {
    const { clock, device, host } = oneHost();
    assert.deepEqual([device.starts, host.state.name], [0, 'stopped']);
    const [first, second] = [new RecordingUser(host), new RecordingUser(host)];
    assert.equal(device.starts, 1);
    assert.deepEqual([first.devices, second.devices], [[device], [device]]);
    assert.deepEqual(second.states, ['ready']);
    host.detach(first);
    await clock.advance(10_000);
    assert.equal(device.stops, 0);
    host.detach(second);
    await clock.advance(499);
    assert.equal(device.stops, 0);
    await clock.advance(1);
    assert.equal(device.stops, 1);
    assert.equal(clock.pending, 0);
  });

  it('keeps the device while its user is redeployed', async () => {
    const { clock, device, host } = oneHost();
    host.detach(new RecordingUser(host));
    await clock.advance(400);
    const after = new RecordingUser(host);
    await clock.advance(10_000);
    assert.deepEqual([device.starts, device.stops, after.devices], [1, 0, [device]]);
  });

  it('does not call a detached user', async () => {
    const { clock, host } = oneHost();
    const [gone] = [new RecordingUser(host), new RecordingUser(host)];
    host.detach(gone);
    await clock.wait(host.end());
    assert.equal(gone.devices.length, 1);
  });

  it('a flow that connects it during an examination, which its stop ends: stays stopped', async () => {
    const { clock, device, host } = oneHost();
    const user = new RecordingUser(host);
    const never = { address: 'p', open: () => new Promise<never>(() => undefined) };
    const examined = assert.rejects(host.examine(never, new AbortController()), stopped);
    const connected = assert.rejects(runAction(host, { _msgid: 'x', action: 'connect' }), stopped);
    host.detach(user);
    await clock.wait(host.end());
    await clock.wait(Promise.all([examined, connected]));
    assert.deepEqual([device.starts, device.stops, device.state.name], [1, 1, 'stopped']);
  });

  it('starts another device when a user attaches during the stop', async () => {
    const hosts = new Hosts();
    const made: FakeDevice[] = [];
    const stopping = new Deferred<void>();
    const host = hosts.host('a', () => {
      const device = new FakeDevice();
      device.stopping = stopping.promise;
      made.push(device);
      return device;
    });
    host.detach(new RecordingUser(host));
    await hosts.clock.advance(500);
    const user = new RecordingUser(host);
    assert.equal(made.length, 1);
    stopping.resolve();
    await hosts.clock.advance(1);
    assert.equal(made.length, 2);
    assert.deepEqual(user.devices, [undefined, undefined, made[1]]);
    assert.equal(user.states.at(-1), 'ready');
  });

  it('ends within 3 s although users stay and the device does not stop', async () => {
    const { clock, device, host } = oneHost();
    device.stopping = new Promise(() => undefined);
    new RecordingUser(host);
    await clock.wait(host.end());
    assert.ok(clock.now() <= 3000, `${clock.now()} ms`);
    assert.equal(clock.pending, 0);
  });

  it('ends as soon as its users have detached', async () => {
    const { clock, device, host } = oneHost();
    const user = new RecordingUser(host);
    const end = host.end();
    await clock.advance(100);
    assert.equal(device.stops, 0);
    host.detach(user);
    await end;
    assert.deepEqual([device.stops, clock.now(), clock.pending], [1, 100, 0]);
  });

  it('reports invalid settings to every user, and tries again with the next', () => {
    const hosts = new Hosts();
    let good = false;
    const host = hosts.host('a', () => {
      if (!good) throw new EspAtError('INVALID_CONFIG', { setting: 'rate', reason: 'NOT_WHOLE' });
      return new FakeDevice();
    });
    host.detach(new RecordingUser(host));
    assert.equal(host.state.name, 'stopped');
    const user = new RecordingUser(host);
    assert.deepEqual(user.states, ['absent INVALID_CONFIG']);
    assert.throws(() => host.link(0), { code: 'INVALID_CONFIG' });
    assert.deepEqual(host.links, []);
    good = true;
    const other = new RecordingUser(host);
    assert.deepEqual([user.states.at(-1), other.states.at(-1)], ['ready', 'ready']);
    assert.equal(host.links.length, 3);
  });
});

describe('listeners of a device and its links', () => {
  it('hear all of their events, and none after their removal', () => {
    const device = new FakeDevice();
    const [link] = device.links;
    const heard: string[] = [];
    const removals = [
      listenToDevice(device, ({ event }) => heard.push(event)),
      listenToLinks(
        device.links,
        ({ event }) => heard.push(event),
        () => heard.push('message'),
      ),
    ];
    const emitAll = () => {
      const error = new EspAtError('SERVER_NOT_VERIFIED', { link: 0, reason: 'NEVER_VERIFIED' });
      for (const name of ['initializing', 'ready'] as const) device.become({ name });
      device.become({ name: 'absent', error });
      device.emit('restart');
      device.emit('outofsync', { reason: 'NO_RESPONSE' });
      device.emit('resyncstep', 'pad');
      device.emit('insync');
      for (const change of ['joined', 'address', 'lost'] as const) device.emit('wifi', change);
      device.emit('clockset');
      device.emit('unknownline', '+NEWS');
      device.emit('warning', error);
      link.emit('warning', { ...link.described, error });
      link.become(2, 'opened');
      link.loseData();
      link.receive(Buffer.of(1), 2);
      link.retry(1000);
    };
    emitAll();
    assert.deepEqual(heard, [
      ...['initializing', 'ready', 'lost', 'restarted', 'out-of-sync', 'resync-step', 'in-sync'],
      ...['joined', 'address', 'wifi-lost', 'clock-set', 'unknown-line', 'warning'],
      ...['warning', 'warning'], // by the device's listener, then by the link's
      ...['opened', 'data-loss', 'message', 'retrying'],
    ]);
    const count = heard.length;
    for (const remove of removals) remove();
    emitAll();
    assert.equal(heard.length, count);
    assert.equal(listenerCount(device), 0);
  });
});

describe('a device host whose port changes', () => {
  it('moves to another port: the one before is free for another device, and the next device uses it too', async () => {
    const { hosts, device, made, host } = oneHost();
    const user = new RecordingUser(host);
    const waiting = hosts.host('b', () => new FakeDevice());
    const second = new RecordingUser(waiting);
    assert.deepEqual(second.states, ['absent PORT_SHARED']);
    await hosts.clock.wait(host.usePort('q'));
    assert.deepEqual([device.ports, device.disconnects, device.starts], [['q'], 1, 2]);
    assert.equal(second.states.at(-1), 'ready');
    host.detach(user);
    await hosts.clock.advance(1000);
    new RecordingUser(host);
    assert.deepEqual(made, ['p', 'q']);
  });

  it('refuses a port that another device has, and keeps its own', async () => {
    const { hosts, device, host } = oneHost();
    new RecordingUser(host);
    new RecordingUser(hosts.host('b', () => new FakeDevice(), 'q'));
    await assert.rejects(host.usePort('q'), { code: 'PORT_SHARED' });
    assert.deepEqual([device.ports, device.disconnects], [[], 0]);
  });

  it('gets a port as soon as the device has stopped whose last user has left', async () => {
    const { hosts, device, host } = oneHost();
    new RecordingUser(host);
    const leaving = hosts.host('b', () => new FakeDevice(), 'q');
    leaving.detach(new RecordingUser(leaving));
    await hosts.clock.wait(host.usePort('q'));
    assert.deepEqual([device.ports, hosts.clock.now()], [['q'], 0]);
  });

  it('waits for a port no longer than its device runs, and leaves the port free', async () => {
    const { hosts, device, host } = oneHost();
    new RecordingUser(host);
    const leaving = hosts.host('b', () => stuck, 'q');
    const stuck = new FakeDevice();
    const stopping = new Deferred<void>();
    stuck.stopping = stopping.promise;
    leaving.detach(new RecordingUser(leaving));
    const stops = assert.rejects(host.usePort('q'), { code: 'DEVICE_STOPPED' });
    await hosts.clock.wait(host.end());
    await stops;
    stopping.resolve();
    await hosts.clock.advance(1000);
    assert.deepEqual([device.ports, hosts.claims.holderOf('q')], [[], undefined]);
  });

  it('moves away from a port that another device has', async () => {
    const { hosts, host: first } = oneHost();
    new RecordingUser(first);
    const host = hosts.host('b', () => new FakeDevice());
    const user = new RecordingUser(host);
    await host.usePort('q');
    assert.deepEqual(user.states, ['absent PORT_SHARED', 'ready']);
  });

  it('moves from one taken port to another: waits for that, and has the error in its state', async () => {
    const { hosts, host: first } = oneHost();
    new RecordingUser(first);
    const holder = hosts.host('c', () => new FakeDevice(), 'q');
    const holderUser = new RecordingUser(holder);
    const host = hosts.host('b', () => new FakeDevice());
    const user = new RecordingUser(host);
    await host.usePort('q');
    assert.deepEqual(host.state.error?.details, { port: 'q', device: 'c' });
    holder.detach(holderUser);
    await hosts.clock.advance(1000);
    assert.deepEqual(user.states, ['absent PORT_SHARED', 'absent PORT_SHARED', 'ready']);
  });

  for (const last of ['r', 'p'])
    it(`moves from p to q, then to ${last}, at once: has ${last} alone, and the device runs`, async () => {
      const { hosts, device, host } = oneHost();
      new RecordingUser(host);
      await hosts.clock.wait(Promise.all([host.usePort('q'), host.usePort(last)]));
      assert.deepEqual([device.ports, device.starts], [['q', last], 3]);
      const taken = ['p', 'q', 'r'].filter((port) => hosts.claims.holderOf(port));
      assert.deepEqual(taken, [last]);
    });

  it('has its port by each address, also by one that leads to it only after the deploy', () => {
    const hosts = new Hosts();
    new RecordingUser(hosts.host('a', () => new FakeDevice(), 'by-id'));
    hosts.symlinks.set('by-id', 'ttyUSB1');
    assert.equal(hosts.claims.holderOf('ttyUSB1')?.contested(), 'a');
    const second = new RecordingUser(hosts.host('b', () => new FakeDevice(), 'ttyUSB1'));
    assert.deepEqual(second.states, ['absent PORT_SHARED']);
    assert.equal(hosts.claims.holderOf('ttyUSB0'), undefined);
  });
});
