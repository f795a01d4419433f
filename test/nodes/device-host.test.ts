import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceStatus } from '../../driver/device/options';
import { EspAtError } from '../../driver/errors';
import { DeviceHost, type DeviceUser } from '../../nodes/shared/device/device-host';
import { PortClaims } from '../../nodes/shared/device/port-claims';
import { VirtualClock } from '../harness/virtual-clock';
import { FakeDevice } from '../harness/nodes/fake-device';

/** A node that uses a device, and remembers what it was told. */
class Guest implements DeviceUser {
  starts = 0;
  readonly states: string[] = [];
  readonly heard: string[] = [];

  started(): void {
    this.starts++;
  }

  status({ state, error }: DeviceStatus): void {
    this.states.push(error ? `${state} ${error.code}` : state);
  }

  event({ event }: { event: string }): void {
    this.heard.push(event);
  }
}

/** Devices by the names of their configuration nodes, in one process. */
class House {
  readonly clock = new VirtualClock();
  readonly claims = new PortClaims();

  host(label: string, make: () => FakeDevice, port = 'p'): DeviceHost {
    const { clock, claims } = this;
    return new DeviceHost({ label, address: port, port, claims, clock, make, watch: {} });
  }
}

describe('device host', () => {
  it('starts the device for the first user, and stops it a moment after the last', async () => {
    const house = new House();
    const device = new FakeDevice();
    const host = house.host('a', () => device);
    const [first, second] = [new Guest(), new Guest()];
    assert.deepEqual([device.starts, host.status.state], [0, 'stopped']);
    host.join(first);
    host.join(second);
    assert.deepEqual([device.starts, first.starts, second.starts], [1, 1, 1]);
    assert.deepEqual(second.states, ['ready']);
    host.leave(first);
    await house.clock.advance(10_000);
    assert.equal(device.stops, 0);
    host.leave(second);
    await house.clock.advance(499);
    assert.equal(device.stops, 0);
    await house.clock.advance(1);
    assert.equal(device.stops, 1);
    assert.equal(house.clock.pending, 0);
  });

  it('keeps the device for a user that is deployed again', async () => {
    const house = new House();
    const device = new FakeDevice();
    const host = house.host('a', () => device);
    const before = new Guest();
    host.join(before);
    host.leave(before);
    await house.clock.advance(400);
    const after = new Guest();
    host.join(after);
    await house.clock.advance(10_000);
    assert.deepEqual([device.starts, device.stops, after.starts], [1, 0, 1]);
  });

  it('listens to the device once, however many use it, and no more when it has stopped', async () => {
    const house = new House();
    const device = new FakeDevice();
    const host = house.host('a', () => device);
    const counts = () =>
      (['status', 'event', 'link', 'message', 'queue'] as const).map((name) =>
        device.listenerCount(name),
      );
    const guests = Array.from({ length: 50 }, () => new Guest());
    for (const guest of guests) host.join(guest);
    assert.deepEqual(counts(), [1, 1, 1, 1, 1]);
    device.emit('event', { event: 'warning' });
    assert.ok(guests.every(({ heard }) => heard.length === 1));
    host.leave(guests[0] ?? new Guest());
    device.emit('event', { event: 'warning' });
    assert.deepEqual(
      guests.map(({ heard }) => heard.length).filter((count) => count !== 2),
      [1],
    );
    await house.clock.wait(host.end());
    assert.deepEqual(counts(), [0, 0, 0, 0, 0]);
  });

  it('makes another device when a user comes after it has stopped', async () => {
    const house = new House();
    const made: FakeDevice[] = [];
    const host = house.host('a', () => {
      const device = new FakeDevice();
      made.push(device);
      return device;
    });
    const guest = new Guest();
    host.join(guest);
    host.leave(guest);
    await house.clock.advance(500);
    host.join(guest);
    assert.deepEqual(
      made.map(({ starts, stops }) => [starts, stops]),
      [
        [1, 1],
        [1, 0],
      ],
    );
  });

  it('starts again for a user that came while it stopped', async () => {
    const house = new House();
    const made: FakeDevice[] = [];
    let stopped: () => void = () => undefined;
    const host = house.host('a', () => {
      const device = new FakeDevice();
      device.stopping = new Promise((resolve) => (stopped = resolve));
      made.push(device);
      return device;
    });
    const guest = new Guest();
    host.join(guest);
    host.leave(guest);
    await house.clock.advance(500);
    host.join(guest);
    assert.equal(made.length, 1);
    stopped();
    await house.clock.advance(1);
    assert.deepEqual([made.length, guest.starts, guest.states.at(-1)], [2, 2, 'ready']);
  });

  it('ends within 2 s although its users stay and the device does not stop', async () => {
    const house = new House();
    const device = new FakeDevice();
    device.stopping = new Promise(() => undefined);
    const host = house.host('a', () => device);
    host.join(new Guest());
    await house.clock.wait(host.end());
    assert.ok(house.clock.now() <= 2000, `${house.clock.now()} ms`);
    assert.equal(house.clock.pending, 0);
    assert.equal(device.listenerCount('status'), 0);
  });

  it('ends as soon as its users have gone', async () => {
    const house = new House();
    const device = new FakeDevice();
    const host = house.host('a', () => device);
    const guest = new Guest();
    host.join(guest);
    const end = host.end();
    await house.clock.advance(100);
    assert.equal(device.stops, 0);
    host.leave(guest);
    await end;
    assert.deepEqual([device.stops, house.clock.now()], [1, 100]);
  });

  it('says why its settings make no device, to all, and tries anew when it is joined again', () => {
    const house = new House();
    let good = false;
    const host = house.host('a', () => {
      if (!good) throw new EspAtError('INVALID_CONFIG', { reason: 'rate is not a number' });
      return new FakeDevice();
    });
    const guest = new Guest();
    host.join(guest);
    assert.equal(guest.states.at(-1), 'absent INVALID_CONFIG');
    assert.throws(() => host.link(0), { code: 'INVALID_CONFIG' });
    assert.deepEqual(host.links, []);
    good = true;
    const other = new Guest();
    host.join(other);
    assert.deepEqual([guest.states.at(-1), other.states.at(-1)], ['ready', 'ready']);
    assert.equal(host.links.length, 3);
  });
});

describe('one port and several devices', () => {
  it('go to the first; the other says which, and has it as soon as that lets go', async () => {
    const house = new House();
    const [one, two] = [new FakeDevice(), new FakeDevice()];
    const first = house.host('first', () => one);
    const second = house.host('second', () => two);
    const [guest, other] = [new Guest(), new Guest()];
    first.join(guest);
    second.join(other);
    assert.deepEqual([one.starts, two.starts], [1, 0]);
    assert.deepEqual(other.states, ['absent PORT_SHARED', 'absent PORT_SHARED']);
    assert.throws(() => second.link(0), {
      code: 'PORT_SHARED',
      message:
        'The port p already belongs to the device "first". Use that device, or another port.',
    });
    assert.equal(guest.states.at(-1), 'ready');
    await house.clock.wait(first.end());
    assert.deepEqual([one.stops, two.starts, other.starts], [1, 1, 1]);
    assert.equal(other.states.at(-1), 'ready');
    assert.equal(second.link(0).id, 0);
  });

  it('do not wait for one that only lingers', async () => {
    const house = new House();
    const [one, two] = [new FakeDevice(), new FakeDevice()];
    const first = house.host('first', () => one);
    const guest = new Guest();
    first.join(guest);
    first.leave(guest);
    house.host('second', () => two).join(new Guest());
    await house.clock.advance(1);
    assert.deepEqual([one.stops, two.starts], [1, 1]);
  });

  it('have it in the order they came, those that gave up left out', async () => {
    const house = new House();
    const devices = [new FakeDevice(), new FakeDevice(), new FakeDevice()] as const;
    const [first, second, third] = devices.map((device, index) =>
      house.host(`${index}`, () => device),
    );
    const guest = new Guest();
    first?.join(new Guest());
    second?.join(guest);
    third?.join(new Guest());
    second?.leave(guest);
    await house.clock.wait(first?.end() ?? Promise.resolve());
    assert.deepEqual(
      devices.map(({ starts }) => starts),
      [1, 0, 1],
    );
  });

  it('leaves ports of other names alone', () => {
    const house = new House();
    const [one, two] = [new FakeDevice(), new FakeDevice()];
    house.host('first', () => one, 'p').join(new Guest());
    house.host('second', () => two, 'q').join(new Guest());
    assert.deepEqual([one.starts, two.starts], [1, 1]);
  });
});
