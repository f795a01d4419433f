import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CertificateOptions } from '../../../driver/provisioning/certificates';
import type { DeviceOptions } from '../../../driver/device/options';
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
  const NO_CLOCK =
    'SNTP did not set the clock within 20 s, and no server can be verified without it. Check the option sntp.';
  const NOT_OPENED =
    'Link 0 did not open: the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link. Check the URI and the server.';
  const NO_AUTH =
    'This firmware cannot verify servers or present certificates. Set auth to 0, or use newer firmware.';
  /** By what is wrong, with the code of the error: the board, and the message of the error. */
  const wrong: Readonly<Record<string, readonly [board: Board, message: string]>> = {
    'a wrong password: WIFI_PASSWORD': [
      { device: { wifi: { ...settings.wifi, password: 'wrong' } } },
      `The network ${home.ssid} refused the password. Check it.`,
    ],
    'a network that is not there: WIFI_NOT_FOUND': [
      { device: { wifi: { ssid: 'gone', password: '' } } },
      'The network gone was not found. Check its name; the ESP32 uses 2.4 GHz only.',
    ],
    'an access point that is not there: WIFI_NOT_FOUND': [
      { device: { wifi: { ...settings.wifi, bssid: 'aa:bb:cc:00:00:09' } } },
      `The network ${home.ssid} was not found. Check its name; the ESP32 uses 2.4 GHz only.`,
    ],
    'a network that gives out no address: WIFI_NO_ADDRESS': [
      { simulator: { wifi: [{ ...home, dhcp: false }] } },
      `The network ${home.ssid} gave the device no IP address. Check DHCP at the access point.`,
    ],
    'an access point that does not answer: WIFI_TIMEOUT': [
      { simulator: { wifi: [{ ...home, answer: 'none' }] } },
      `Joining the network ${home.ssid} took too long. Check the access point and the signal.`,
    ],
    'an access point that refuses: WIFI_FAILED': [
      { simulator: { wifi: [{ ...home, answer: 'refusal' }] } },
      `The device could not join the network ${home.ssid}. Check the access point.`,
    ],
    'time servers that do not answer: CLOCK_NOT_SET': [
      { simulator: { time: () => undefined } },
      NO_CLOCK,
    ],
    'a clock that is never set: CLOCK_NOT_SET': [{ clockless: true }, NO_CLOCK],
    'a server certificate that has expired: OPEN_FAILED': [
      { tls: { identity: expired, needsClientCertificate: true } },
      NOT_OPENED,
    ],
    'a server certificate of a foreign authority: OPEN_FAILED': [
      { tls: { identity: makeIdentity(foreign, 'server.example') } },
      NOT_OPENED,
    ],
    'no CA: CERTIFICATE_MISSING': [
      { device: { certificates: [{ ...material, ca: '' }] } },
      'Slot 0 of the device has no CA. Give it in the option certificates, or choose another slot.',
    ],
    'no client certificate: CERTIFICATE_MISSING': [
      { device: { certificates: [{ ...material, certificate: '', key: '' }] } },
      'Slot 0 of the device has no client certificate. Give it in the option certificates, or choose another slot.',
    ],
    'no private key: CERTIFICATE_MISSING': [
      { device: { certificates: [{ ...material, key: '' }] } },
      'Slot 0 of the device has no private key. Give it in the option certificates, or choose another slot.',
    ],
    'firmware of class A: AUTH_NOT_SUPPORTED': [{ firmware: 'A' }, NO_AUTH],
    'firmware of class B: AUTH_NOT_SUPPORTED': [{ firmware: 'B' }, NO_AUTH],
    'a host name that does not exist: OPEN_FAILED': [
      { simulator: { dns: { 'server.example': 'fails' } } },
      NOT_OPENED,
    ],
  };

  for (const [title, [given, message]] of Object.entries(wrong)) {
    it(title, async () => {
      await using harness = factory(given);
      const before = harness.clock.now();
      const error = await failure(harness);
      assert.deepEqual([error.code, error.message], [title.split(': ')[1], message]);
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
    const certificate = (wrong: Partial<CertificateOptions>) => ({
      certificates: [{ ...material, ...wrong }],
    });
    const wifi = (ssid: string, bssid = '') => ({ wifi: { ssid, password: '', bssid } });
    const sntp = (timezone: number, ...servers: string[]) => ({ sntp: { timezone, servers } });
    const refused: Readonly<Record<string, Partial<DeviceOptions>>> = {
      'Replace the private key in slot 0: it does not fit the client certificate.': certificate({
        key: other.key,
      }),
      'Replace the CA in slot 0: it is not PEM text: -----BEGIN CERTIFICATE----- is missing.':
        certificate({ ca: 'x' }),
      'Replace the private key in slot 0: it is cut off: -----END PRIVATE KEY----- is missing.':
        certificate({ key: board.key.slice(0, 90) }),
      'Change the device setting "network": it is empty.': wifi(''),
      'Change the device setting "network": it contains a control character.': wifi('a\r\nAT+RST'),
      'Change the device setting "BSSID": it does not look like aa:bb:cc:dd:ee:ff.': wifi(
        'a',
        'aa',
      ),
      'Change the device setting "time zone": 15 is not a number of hours from -12 to 14, in steps of 0.25.':
        sntp(15),
      'Change the device setting "SNTP servers": one is not a host name.': sntp(0, 'a', ''),
      'Change the device setting "SNTP servers": 4 are given, at most 3 are allowed.': sntp(
        0,
        'a',
        'b',
        'c',
        'd',
      ),
      'Change the device setting "negotiated rate": 6000000 is not a whole number from 80 to 5000000.':
        {
          negotiatedRate: 6_000_000,
        },
    };
    for (const [message, device] of Object.entries(refused)) {
      const code = message.startsWith('Replace') ? 'CERTIFICATE_INVALID' : 'INVALID_SETTING';
      assert.throws(() => factory({ device }), { code, message });
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
