import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { DeviceHost } from '../../../nodes/shared/device/device-host';
import { Hosts, RecordingUser } from '../../harness/nodes/device-hosts';
import { FakeDevice } from '../../harness/nodes/fake-device';

describe('device hosts that want one port', () => {
  let hosts: Hosts;
  /** Names of the hosts that made a device, in order. */
  let made: string[];
  let device: FakeDevice;
  let holder: DeviceHost;
  let user: RecordingUser;

  const host = (name: string) =>
    hosts.host(name, () => {
      made.push(name);
      return (device = new FakeDevice());
    });

  beforeEach(() => {
    hosts = new Hosts();
    made = [];
    holder = host('holder');
    user = new RecordingUser(holder);
  });

  it('one whose last user has left gives the port at once to another that wants it', async () => {
    holder.detach(user);
    const first = device;
    const next = new RecordingUser(host('next'));
    await hosts.clock.advance(0);
    assert.deepEqual([first.stops, made, hosts.clock.now()], [1, ['holder', 'next'], 0]);
    assert.deepEqual(next.states, ['ready']);
    assert.equal(hosts.clock.pending, 0);
  });

  const departures: [string, (waiting: DeviceHost, waitingUser: RecordingUser) => unknown][] = [
    ['whose users leave', (waiting, waitingUser) => waiting.detach(waitingUser)],
    ['that ends', (waiting) => hosts.clock.wait(waiting.end())],
  ];
  for (const [how, leave] of departures)
    it(`one that waits, ${how}: the next in line gets the port`, async () => {
      const waiting = host('waiting');
      const waitingUser = new RecordingUser(waiting);
      const next = new RecordingUser(host('next'));
      await leave(waiting, waitingUser);
      assert.equal(waiting.state.name, 'stopped');
      holder.detach(user);
      await hosts.clock.advance(500);
      assert.deepEqual(made, ['holder', 'next']);
      assert.deepEqual(next.states, ['absent PORT_SHARED', 'ready']);
      assert.deepEqual(waitingUser.states, ['absent PORT_SHARED']);
    });
});
