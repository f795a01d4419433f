import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { makeIdentity } from '../../harness/network/ws-server-certificates';
import { URI, foreign, server, mutual, factory, echo, warnings } from './factory-device';

describe('from factory state to an echoed message, by settings alone', () => {
  for (const firmware of ['C', 'D'] as const) {
    it(`over wss:// with mutual authentication, class ${firmware}`, async () => {
      await using harness = factory({ firmware });
      await echo(harness, mutual);
      assert.equal(harness.server.requests[0]?.clientName, 'board');
      assert.deepEqual(warnings(harness), []);
      assert.deepEqual(
        harness.events.map(({ event, detail }) => detail ?? event),
        ['joined', 'address', 'clockset'],
      );
    });
  }

  for (const firmware of ['A', 'B'] as const) {
    it(`over wss:// without verification, with a warning, class ${firmware}`, async () => {
      await using harness = factory({
        firmware,
        device: { certificates: [] },
        tls: { identity: makeIdentity(foreign, 'anybody') },
      });
      await echo(harness, {});
      assert.deepEqual(warnings(harness), ['SERVER_NOT_VERIFIED', 'FIRST_MESSAGE_AT_RISK']);
      assert.equal(
        harness.events.find(({ event }) => event === 'warning')?.error?.message,
        'Link 0 is encrypted, but its server is not verified: this firmware never verifies servers.',
      );
    });
  }

  it('over wss:// with verification off by choice, with one warning', async () => {
    await using harness = factory({ device: { certificates: [] }, tls: { identity: server } });
    await echo(harness, { auth: 0 });
    await harness.clock.wait(harness.device.links[0].close());
    await harness.clock.wait(harness.device.links[0].open({ uri: URI, config: { auth: 0 } }));
    assert.deepEqual(warnings(harness), ['SERVER_NOT_VERIFIED']);
    assert.match(
      harness.events.find(({ event }) => event === 'warning')?.error?.message ?? '',
      /authentication 0 and 1 verify nothing\.$/,
    );
  });

  it('in an open network, at one of its access points', async () => {
    const open = { ssid: 'café', password: '' };
    const bssid = 'aa:bb:cc:00:00:02';
    await using harness = factory({
      device: { wifi: { ...open, bssid } },
      simulator: {
        wifi: [
          { ...open, bssid: 'aa:bb:cc:00:00:01', dhcp: false },
          { ...open, bssid, channel: 6 },
        ].map((point) => ({ ...point, ssid: Buffer.from(point.ssid).toString('latin1') })),
      },
    });
    await echo(harness, mutual);
  });

  it('in the network that the device has already joined, without a second join', async () => {
    await using harness = factory({ simulator: { joined: true } });
    await echo(harness, mutual);
    assert.ok(!harness.port.text.includes('AT+CWJAP='));
  });
});
