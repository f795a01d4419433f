import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PortVisits } from '../../../nodes/shared/device/port-visits';
import { Hosts, RecordingUser } from '../../harness/nodes/device-hosts';
import { FakeDevice } from '../../harness/nodes/fake-device';

for (const [what, state, code, details] of [
  ['is ready, but sends messages', 'ready', 'DEVICE_NOT_READY', { state: 'busy' }],
  ['does not answer', 'resyncing', 'DEVICE_UNRESPONSIVE', { port: 'p' }],
] as const)
  it(`a scan by a deployed device that ${what} for a minute fails with ${code}`, async () => {
    const hosts = new Hosts();
    const { claims, clock } = hosts;
    const device = new FakeDevice();
    device.scanning = new Promise(() => undefined);
    new RecordingUser(hosts.host('a', () => device));
    device.become({ name: state });
    const opener = { address: 'p', open: () => Promise.reject(new Error('in use')) };
    const visits = new PortVisits(claims, clock, () => ({}));
    const answer = visits.networks({ opener, key: 'p', hasAutomaticRate: false });
    await assert.rejects(clock.wait(answer), { code, details });
    assert.equal(clock.now(), 60_000);
  });
