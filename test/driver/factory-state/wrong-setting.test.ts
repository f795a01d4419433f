import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DeviceOptions } from '../../../driver/device/options';
import { EspAtError } from '../../../driver/errors';
import { makeIdentity } from '../../harness/network/ws-server-certificates';
import {
  NOW,
  URI,
  authority,
  foreign,
  server,
  board,
  other,
  expired,
  home,
  material,
  settings,
  mutual,
  type Board,
  factory,
  echo,
  failure,
} from './factory-device';

describe('from factory state with one wrong setting', () => {
  const wrong: readonly (readonly [what: string, board: Board, code: string, sentence: string])[] =
    [
      [
        'a wrong password',
        { device: { wifi: { ...settings.wifi, password: 'wrong' } } },
        'WIFI_PASSWORD',
        `The network ${home.ssid} refused the password. Check it.`,
      ],
      [
        'a network that is not there',
        { device: { wifi: { ssid: 'gone', password: '' } } },
        'WIFI_NOT_FOUND',
        'The network gone was not found. Check its name; the ESP32 uses 2.4 GHz only.',
      ],
      [
        'an access point that is not there',
        { device: { wifi: { ...settings.wifi, bssid: 'aa:bb:cc:00:00:09' } } },
        'WIFI_NOT_FOUND',
        `The network ${home.ssid} was not found. Check its name; the ESP32 uses 2.4 GHz only.`,
      ],
      [
        'a network that gives out no address',
        { simulator: { wifi: [{ ...home, dhcp: false }] } },
        'WIFI_NO_ADDRESS',
        `The network ${home.ssid} gave the device no IP address. Check DHCP at the access point.`,
      ],
      [
        'an access point that does not answer',
        { simulator: { wifi: [{ ...home, answer: 'none' }] } },
        'WIFI_TIMEOUT',
        `Joining the network ${home.ssid} took too long. Check the access point and the signal.`,
      ],
      [
        'an access point that refuses',
        { simulator: { wifi: [{ ...home, answer: 'refusal' }] } },
        'WIFI_FAILED',
        `The device could not join the network ${home.ssid}. Check the access point.`,
      ],
      [
        'time servers that do not answer',
        { simulator: { time: () => undefined } },
        'CLOCK_NOT_SET',
        'SNTP did not set the clock within 20 s, and no server can be verified without it. Check the option sntp.',
      ],
      [
        'a clock that is never set',
        { clockless: true },
        'CLOCK_NOT_SET',
        'SNTP did not set the clock within 20 s, and no server can be verified without it. Check the option sntp.',
      ],
      [
        'a server certificate that has expired',
        { tls: { identity: expired, needsClientCertificate: true } },
        'OPEN_FAILED',
        'Link 0 did not open: the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link. Check the URI and the server.',
      ],
      [
        'a server certificate of a foreign authority',
        { tls: { identity: makeIdentity(foreign, 'server.example') } },
        'OPEN_FAILED',
        'Link 0 did not open: the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link. Check the URI and the server.',
      ],
      [
        'no CA',
        { device: { certificates: [{ ...material, ca: '' }] } },
        'CERTIFICATE_MISSING',
        'Slot 0 of the device has no CA. Give it in the option certificates, or choose another slot.',
      ],
      [
        'no client certificate',
        { device: { certificates: [{ ...material, certificate: '', key: '' }] } },
        'CERTIFICATE_MISSING',
        'Slot 0 of the device has no client certificate. Give it in the option certificates, or choose another slot.',
      ],
      [
        'no private key',
        { device: { certificates: [{ ...material, key: '' }] } },
        'CERTIFICATE_MISSING',
        'Slot 0 of the device has no private key. Give it in the option certificates, or choose another slot.',
      ],
      [
        'firmware of class A',
        { firmware: 'A' },
        'AUTH_NOT_SUPPORTED',
        'This firmware cannot verify servers or present certificates. Set auth to 0, or use newer firmware.',
      ],
      [
        'firmware of class B',
        { firmware: 'B' },
        'AUTH_NOT_SUPPORTED',
        'This firmware cannot verify servers or present certificates. Set auth to 0, or use newer firmware.',
      ],
      [
        'a host name that does not exist',
        { simulator: { dns: { 'server.example': 'fails' } } },
        'OPEN_FAILED',
        'Link 0 did not open: the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link. Check the URI and the server.',
      ],
    ];

  for (const [what, given, code, sentence] of wrong) {
    it(`${what}: ${code}`, async () => {
      await using harness = factory(given);
      const before = harness.clock.now();
      const error = await failure(harness);
      assert.deepEqual([error.code, error.message], [code, sentence]);
      assert.ok(harness.clock.now() - before < 45_000, `${harness.clock.now() - before} ms`);
      assert.doesNotMatch(JSON.stringify([error, harness.states, harness.events]), /pass,|PRIVATE/);
    });
  }

  it('an expired client certificate: a warning, and the link opens where the server accepts it', async () => {
    const old = makeIdentity(authority, 'board', { to: Date.UTC(2025, 4, 6) });
    await using harness = factory({
      device: {
        certificates: [{ ...material, certificate: old.certificate, key: old.key }],
      },
    });
    await echo(harness, mutual);
    const [warning] = harness.events.filter(({ event }) => event === 'warning');
    assert.equal(warning?.error?.code, 'CERTIFICATE_INVALID');
    assert.equal(
      warning.error.message,
      'Replace the client certificate in slot 0: it expired on 2025-05-06.',
    );
  });

  it('an invalid setting: refused before the driver writes a byte', () => {
    const refused: readonly (readonly [Partial<DeviceOptions>, string, RegExp])[] = [
      [
        { certificates: [{ ...material, key: other.key }] },
        'CERTIFICATE_INVALID',
        /^Replace the private key in slot 0: it does not fit the client certificate\.$/,
      ],
      [
        { certificates: [{ ...material, ca: 'x' }] },
        'CERTIFICATE_INVALID',
        /^Replace the CA in slot 0: it is not PEM text/,
      ],
      [
        { certificates: [{ ...material, key: board.key.slice(0, 90) }] },
        'CERTIFICATE_INVALID',
        /^Replace the private key in slot 0: it is cut off/,
      ],
      [{ wifi: { ssid: '', password: '' } }, 'INVALID_SETTING', /"network": it is empty\.$/],
      [
        { wifi: { ssid: 'a\r\nAT+RST', password: '' } },
        'INVALID_SETTING',
        /"network": it contains a control character\.$/,
      ],
      [
        { wifi: { ssid: 'a', password: '', bssid: 'aa:bb' } },
        'INVALID_SETTING',
        /"BSSID": it does not look like aa:bb:cc:dd:ee:ff\.$/,
      ],
      [{ sntp: { timezone: 15, servers: [] } }, 'INVALID_SETTING', /"time zone"/],
      [
        { sntp: { timezone: 0, servers: ['a', ''] } },
        'INVALID_SETTING',
        /"SNTP servers": one is not a host name\.$/,
      ],
      [
        { sntp: { timezone: 0, servers: ['a', 'b', 'c', 'd'] } },
        'INVALID_SETTING',
        /"SNTP servers": 4 are given, at most 3 are allowed\.$/,
      ],
      [
        { negotiatedRate: 6_000_000 },
        'INVALID_SETTING',
        /"rate": 6000000 is .* from 80 to 5000000\.$/,
      ],
    ];
    for (const [device, code, sentence] of refused) {
      assert.throws(
        () => factory({ device }),
        (error) => {
          assert.ok(error instanceof EspAtError);
          assert.equal(error.code, code);
          assert.match(error.message, sentence);
          return true;
        },
      );
    }
  });

  it('a link without verification: opens before the clock is set', async () => {
    await using harness = factory({
      simulator: { time: () => undefined },
      tls: { identity: server },
    });
    await echo(harness, { auth: 0 });
    assert.ok(harness.clock.now() < 5000, `${harness.clock.now()} ms`);
  });

  it('a clock that is set late: links with verification wait, and open then', async () => {
    const servers: { time?: number } = {};
    await using harness = factory({ simulator: { time: () => servers.time } });
    harness.device.start();
    const [link] = harness.device.links;
    const opening = link.open({ uri: URI, config: mutual, keepOpen: true, timeoutMs: 60_000 });
    await harness.clock.advance(10_000);
    assert.equal(harness.device.state.name, 'ready');
    assert.equal(link.stateNumber, 0);
    servers.time = NOW;
    await harness.clock.wait(opening);
    // After a restart the clock is lost; the link waits for it again rather than fail.
    harness.simulator.restart();
    await harness.until(() => link.stateNumber === 0, 5000);
    await harness.until(() => link.stateNumber === 2, 10_000);
    assert.ok(!harness.linkEvents.some(({ event }) => event === 'failed'));
  });
});
