import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CertificateOptions, DeviceOptions, FirmwareClass } from '../../driver/device/options';
import { EspAtError } from '../../driver/errors';
import type { LinkConfig } from '../../driver/link/options';
import type { AccessPoint, SimulatorOptions } from '../../simulator';
import type { TlsSide } from '../harness/network/memory-tls';
import { World, type WorldOptions } from '../harness/harness';
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
}: Board = {}): World {
  const { sntp, ...others } = settings;
  const options: WorldOptions = {
    firmware,
    device: { ...others, ...(!clockless && { sntp }), ...device },
    simulator: { joined: false, wifi: [home], time: () => NOW, ...simulator },
    route: () => ({
      kind: 'server',
      server: world.server,
      tls: tls ?? { identity: server, needsClientCertificate: true },
    }),
  };
  const world: World = new World(options);
  return world;
}

/** Opens link 0, sends a message, and waits for its echo. */
async function echo(world: World, config: LinkConfig): Promise<void> {
  const [link] = world.device.links;
  world.device.start();
  await world.clock.wait(link.open({ uri: URI, config }));
  await world.clock.wait(link.send('hello'));
  assert.ok(await world.clock.until(() => world.messages.length > 0, 5000));
  assert.equal(world.messages[0]?.bytes.toString(), 'hello');
}

async function failure(world: World, config: LinkConfig = mutual): Promise<EspAtError> {
  const [link] = world.device.links;
  world.device.start();
  try {
    // Long enough for a join that gets no answer.
    await world.clock.wait(link.open({ uri: URI, config, timeout: 30_000 }));
  } catch (error) {
    assert.ok(error instanceof EspAtError, String(error));
    return error;
  }
  assert.fail('the link opened');
}

const warnings = (world: World): (string | undefined)[] =>
  world.events.filter(({ event }) => event === 'warning').map(({ error }) => error?.code);

describe('from factory state to an echoed message by settings alone', () => {
  for (const firmware of ['C', 'D'] as const) {
    it(`over wss:// with mutual authentication, class ${firmware}`, async () => {
      const world = factory({ firmware });
      await echo(world, mutual);
      assert.equal(world.server.requests[0]?.clientName, 'board');
      assert.deepEqual(warnings(world), []);
      assert.deepEqual(
        world.events
          .map(({ event }) => event)
          .filter((event) => !['starting', 'ready'].includes(event)),
        ['joined', 'address', 'clock-set'],
      );
      await world.end();
    });
  }

  for (const firmware of ['A', 'B'] as const) {
    it(`over wss:// that nobody verifies, with a warning, class ${firmware}`, async () => {
      const world = factory({
        firmware,
        device: { certificates: [] },
        tls: { identity: makeIdentity(foreign, 'anybody') },
      });
      await echo(world, {});
      assert.deepEqual(warnings(world), ['SERVER_NOT_VERIFIED']);
      assert.equal(
        world.events.find(({ event }) => event === 'warning')?.error?.message,
        'Link 0 is encrypted, but its server was not verified: this firmware never verifies servers.',
      );
      await world.end();
    });
  }

  it('over wss:// that verifies nothing by choice, with a warning, once', async () => {
    const world = factory({ device: { certificates: [] }, tls: { identity: server } });
    await echo(world, { auth: 0 });
    await world.clock.wait(world.device.links[0].close());
    await world.clock.wait(world.device.links[0].open({ uri: URI, config: { auth: 0 } }));
    assert.deepEqual(warnings(world), ['SERVER_NOT_VERIFIED']);
    assert.match(
      world.events.find(({ event }) => event === 'warning')?.error?.message ?? '',
      /authentication 0 and 1 verify nothing\.$/,
    );
    await world.end();
  });

  it('in an open network, at one of its access points', async () => {
    const open = { ssid: 'café', password: '' };
    const bssid = 'aa:bb:cc:00:00:02';
    const world = factory({
      device: { wifi: { ...open, bssid } },
      simulator: {
        wifi: [
          { ...open, bssid: 'aa:bb:cc:00:00:01', dhcp: false },
          { ...open, bssid, channel: 6 },
        ].map((point) => ({ ...point, ssid: Buffer.from(point.ssid).toString('latin1') })),
      },
    });
    await echo(world, mutual);
    await world.end();
  });

  it('in the network that the device has joined by itself, which is left alone', async () => {
    const world = factory({ simulator: { joined: true } });
    await echo(world, mutual);
    assert.ok(!world.port.text.includes('AT+CWJAP='));
    await world.end();
  });
});

describe('with one thing wrong', () => {
  const wrong: readonly (readonly [what: string, board: Board, code: string, sentence: string])[] =
    [
      [
        'a wrong password',
        { device: { wifi: { ...settings.wifi, password: 'wrong' } } },
        'WIFI_PASSWORD',
        `The network ${home.ssid} refused the password.`,
      ],
      [
        'a network that is not there',
        { device: { wifi: { ssid: 'gone', password: '' } } },
        'WIFI_NOT_FOUND',
        'The network gone was not found.',
      ],
      [
        'an access point that is not there',
        { device: { wifi: { ...settings.wifi, bssid: 'aa:bb:cc:00:00:09' } } },
        'WIFI_NOT_FOUND',
        `The network ${home.ssid} was not found.`,
      ],
      [
        'a network that gives out no address',
        { simulator: { wifi: [{ ...home, dhcp: false }] } },
        'WIFI_NO_ADDRESS',
        `The network ${home.ssid} was joined but gave no IP address.`,
      ],
      [
        'an access point that does not answer',
        { simulator: { wifi: [{ ...home, answer: 'none' }] } },
        'WIFI_TIMEOUT',
        `Joining the network ${home.ssid} took too long.`,
      ],
      [
        'an access point that refuses',
        { simulator: { wifi: [{ ...home, answer: 'refusal' }] } },
        'WIFI_FAILED',
        `The network ${home.ssid} could not be joined.`,
      ],
      [
        'time servers that do not answer',
        { simulator: { time: () => undefined } },
        'CLOCK_NOT_SET',
        'The clock was not set by SNTP within 20 s; servers cannot be verified without it. Check the SNTP settings of the device.',
      ],
      [
        'a clock that nobody sets',
        { clockless: true },
        'CLOCK_NOT_SET',
        'The clock was not set by SNTP within 20 s; servers cannot be verified without it. Check the SNTP settings of the device.',
      ],
      [
        'a server certificate that has expired',
        { tls: { identity: expired, needsClientCertificate: true } },
        'OPEN_FAILED',
        'Link 0 could not be opened: the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link.',
      ],
      [
        'a server certificate of a foreign authority',
        { tls: { identity: makeIdentity(foreign, 'server.example') } },
        'OPEN_FAILED',
        'Link 0 could not be opened: the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link.',
      ],
      [
        'no CA',
        { device: { certificates: [{ ...material, ca: '' }] } },
        'CERTIFICATE_MISSING',
        'The device has no CA in slot 0.',
      ],
      [
        'no client certificate',
        { device: { certificates: [{ ...material, certificate: '', key: '' }] } },
        'CERTIFICATE_MISSING',
        'The device has no client certificate in slot 0.',
      ],
      [
        'no private key',
        { device: { certificates: [{ ...material, key: '' }] } },
        'CERTIFICATE_MISSING',
        'The device has no private key in slot 0.',
      ],
      [
        'firmware of class A',
        { firmware: 'A' },
        'AUTH_NOT_SUPPORTED',
        'This firmware cannot verify servers or present certificates.',
      ],
      [
        'firmware of class B',
        { firmware: 'B' },
        'AUTH_NOT_SUPPORTED',
        'This firmware cannot verify servers or present certificates.',
      ],
      [
        'a host name that does not exist',
        { simulator: { dns: { 'server.example': 'fails' } } },
        'OPEN_FAILED',
        'Link 0 could not be opened: the server refused, cannot be reached, or is no WebSocket server, or its certificate is expired or not from the CA of this link.',
      ],
    ];

  for (const [what, given, code, sentence] of wrong) {
    it(`${what}: ${code}`, async () => {
      const world = factory(given);
      const before = world.clock.now();
      const error = await failure(world);
      assert.deepEqual([error.code, error.message], [code, sentence]);
      assert.ok(world.clock.now() - before < 45_000, `${world.clock.now() - before} ms`);
      assert.doesNotMatch(JSON.stringify([error, world.statuses, world.events]), /pass,|PRIVATE/);
      await world.end();
    });
  }

  it('an old client certificate: a warning, and the link opens where the server does not mind', async () => {
    const old = makeIdentity(authority, 'board', { to: Date.UTC(2025, 4, 6) });
    const world = factory({
      device: {
        certificates: [{ ...material, certificate: old.certificate, key: old.key }],
      },
    });
    await echo(world, mutual);
    const [warning] = world.events.filter(({ event }) => event === 'warning');
    assert.equal(warning?.error?.code, 'CERTIFICATE_INVALID');
    assert.equal(
      warning.error.message,
      'The client certificate in slot 0 cannot be used: it expired on 2025-05-06.',
    );
    await world.end();
  });

  it('what can never work is refused before anything is tried', () => {
    const refused: readonly (readonly [Partial<DeviceOptions>, string, RegExp])[] = [
      [
        { certificates: [{ ...material, key: other.key }] },
        'CERTIFICATE_INVALID',
        /^The private key in slot 0 cannot be used: it does not fit the client certificate\.$/,
      ],
      [
        { certificates: [{ ...material, ca: 'x' }] },
        'CERTIFICATE_INVALID',
        /^The CA in slot 0 cannot be used: it is no PEM text/,
      ],
      [
        { certificates: [{ ...material, key: board.key.slice(0, 90) }] },
        'CERTIFICATE_INVALID',
        /^The private key in slot 0 cannot be used: it is cut off/,
      ],
      [{ wifi: { ssid: '', password: '' } }, 'INVALID_SETTING', /"network" .*: it is empty\.$/],
      [
        { wifi: { ssid: 'a\r\nAT+RST', password: '' } },
        'INVALID_SETTING',
        /"network" .*: it contains a control character\.$/,
      ],
      [
        { wifi: { ssid: 'a', password: '', bssid: 'aa:bb' } },
        'INVALID_SETTING',
        /"BSSID" .*: it does not look like aa:bb:cc:dd:ee:ff\.$/,
      ],
      [{ sntp: { timezone: 15, servers: [] } }, 'INVALID_SETTING', /"time zone"/],
      [
        { sntp: { timezone: 0, servers: ['a', 'b', 'c', 'd'] } },
        'INVALID_SETTING',
        /"SNTP servers" .*: 4 are given, of at most 3\.$/,
      ],
      [{ raiseTo: 6_000_000 }, 'INVALID_SETTING', /"rate" .* from 80 to 5000000\.$/],
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

  it('a link that verifies nothing does not wait for the clock', async () => {
    const world = factory({ simulator: { time: () => undefined }, tls: { identity: server } });
    await echo(world, { auth: 0 });
    assert.ok(world.clock.now() < 5000, `${world.clock.now()} ms`);
    await world.end();
  });

  it('a clock that is set late: links that verify are kept waiting, and open then', async () => {
    const servers: { time?: number } = {};
    const world = factory({ simulator: { time: () => servers.time } });
    world.device.start();
    const [link] = world.device.links;
    const opening = link.open({ uri: URI, config: mutual, keepOpen: true, timeout: 60_000 });
    await world.clock.advance(10_000);
    assert.equal(world.device.status.state, 'ready');
    assert.equal(link.state, 0);
    servers.time = NOW;
    await world.clock.wait(opening);
    // After a restart the clock is lost; the link waits for it again rather than fail.
    world.simulator.restart();
    assert.ok(await world.clock.until(() => link.state === 0, 5000));
    assert.ok(await world.clock.until(() => link.state === 2, 10_000));
    assert.ok(!world.links.some(({ event }) => event === 'failed'));
    await world.end();
  });
});
