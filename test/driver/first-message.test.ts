import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CertificateOptions, DeviceOptions, FirmwareClass } from '../../driver/device/options';
import { EspAtError } from '../../driver/errors';
import type { LinkConfig } from '../../driver/link/options';
import type { AccessPoint, SimulatorOptions } from '../../simulator';
import type { TlsSide } from '../harness/network/memory-tls';
import { Harness, type HarnessOptions } from '../harness/harness';
import { makeAuthority, makeIdentity } from '../harness/network/ws-server-certificates';

const NOW = Date.UTC(2026, 10, 25);
const URI = 'wss://server.example/echo';

const authority = makeAuthority('Home CA');
const foreign = makeAuthority('Foreign CA');
const server = makeIdentity(authority, 'server.example');
const board = makeIdentity(authority, 'board');
const other = makeIdentity(authority, 'other');
const expired = makeIdentity(authority, 'server.example', { to: Date.UTC(2025, 0, 1) });

/** A name with everything that has to be escaped. */
const home: AccessPoint = { ssid: 'my "home", \\1\\', password: 'pass,"word"\\' };

const material: CertificateOptions = {
  slot: 0,
  ca: authority.certificate,
  certificate: board.certificate,
  key: board.key,
};

/** What a user chooses for mutual authentication. */
const settings = {
  wifi: { ssid: home.ssid, password: home.password },
  sntp: { timezone: 8, servers: ['time.example'] },
  certificates: [material],
} satisfies Partial<DeviceOptions>;
const mutual: LinkConfig = { auth: 3, pki: 0, ca: 0 };

interface Board {
  readonly firmware?: FirmwareClass;
  readonly device?: Partial<DeviceOptions>;
  readonly simulator?: Partial<SimulatorOptions>;
  /** The server's side of TLS. */
  readonly tls?: TlsSide;
  /** Whether the settings leave the clock alone. */
  readonly clockless?: boolean;
}

/** A board in factory state, and a server that asks for a client certificate. */
function factory({
  firmware = 'D',
  device = {},
  simulator = {},
  tls,
  clockless = false,
}: Board = {}): Harness {
  const { sntp, ...others } = settings;
  const options: HarnessOptions = {
    firmware,
    device: { ...others, ...(!clockless && { sntp }), ...device },
    simulator: { joined: false, wifi: [home], time: () => NOW, ...simulator },
    route: () => ({
      kind: 'server',
      server: harness.server,
      tls: tls ?? { identity: server, needsClientCertificate: true },
    }),
  };
  const harness: Harness = new Harness(options);
  return harness;
}

/** Opens link 0, sends a message, and waits for its echo. */
async function echo(harness: Harness, config: LinkConfig): Promise<void> {
  const [link] = harness.device.links;
  harness.device.start();
  await harness.clock.wait(link.open({ uri: URI, config }));
  await harness.clock.wait(link.send('hello'));
  assert.ok(await harness.clock.until(() => harness.messages.length > 0, 5000));
  assert.equal(harness.messages[0]?.bytes.toString(), 'hello');
}

async function failure(harness: Harness, config: LinkConfig = mutual): Promise<EspAtError> {
  const [link] = harness.device.links;
  harness.device.start();
  try {
    // Long enough for a join that gets no answer.
    await harness.clock.wait(link.open({ uri: URI, config, timeoutMs: 30_000 }));
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    return error;
  }
  assert.fail('the link opened');
}

const warnings = (harness: Harness): (string | undefined)[] =>
  harness.events.filter(({ event }) => event === 'warning').map(({ error }) => error?.code);

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
      assert.doesNotMatch(
        JSON.stringify([error, harness.statuses, harness.events]),
        /pass,|PRIVATE/,
      );
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
    assert.ok(await harness.clock.until(() => link.stateNumber === 0, 5000));
    assert.ok(await harness.clock.until(() => link.stateNumber === 2, 10_000));
    assert.ok(!harness.links.some(({ event }) => event === 'failed'));
  });
});
