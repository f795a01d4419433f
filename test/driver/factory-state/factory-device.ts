import assert from 'node:assert/strict';
import type { DeviceOptions } from '../../../driver/device/options';
import { EspAtError } from '../../../driver/errors';
import type { AccessPoint, SimulatorOptions } from '../../../simulator';
import type { HandshakeServer } from '../../../simulator/replay/tls-handshake';
import { Harness, type HarnessOptions } from '../../harness/harness';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';
import type { LinkConfig } from '../../../driver/commands/wscfg';
import type { FirmwareClass } from '../../../driver/commands/capabilities';
import type { CertificateOptions } from '../../../driver/provisioning/certificates';

export const NOW = Date.UTC(2026, 10, 25);
export const URI = 'wss://server.example/echo';

export const authority = makeAuthority('Home CA');
export const foreign = makeAuthority('Foreign CA');
export const server = makeIdentity(authority, 'server.example');
export const board = makeIdentity(authority, 'board');
export const other = makeIdentity(authority, 'other');
export const expired = makeIdentity(authority, 'server.example', { to: Date.UTC(2025, 0, 1) });

/** A name with everything that has to be escaped. */
export const home: AccessPoint = { ssid: 'my "home", \\1\\', password: 'pass,"word"\\' };

export const material: CertificateOptions = {
  slot: 0,
  ca: authority.certificate,
  certificate: board.certificate,
  key: board.key,
};

/** What a user chooses for mutual authentication. */
export const settings = {
  wifi: { ssid: home.ssid, password: home.password },
  sntp: { timezone: 8, servers: ['time.example'] },
  certificates: [material],
} satisfies Partial<DeviceOptions>;
export const mutual: LinkConfig = { auth: 3, pki: 0, ca: 0 };

export interface Board {
  readonly firmware?: FirmwareClass;
  readonly device?: Partial<DeviceOptions>;
  readonly simulator?: Partial<SimulatorOptions>;
  /** The server's side of TLS. */
  readonly tls?: HandshakeServer;
  /** Whether the settings leave the clock alone. */
  readonly clockless?: boolean;
}

/** A board in factory state, and a server that asks for a client certificate. */
export function factory({
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
export async function echo(harness: Harness, config: LinkConfig): Promise<void> {
  const [link] = harness.device.links;
  harness.device.start();
  await harness.clock.wait(link.open({ uri: URI, config }));
  await harness.clock.wait(link.send('hello'));
  assert.ok(await harness.clock.until(() => harness.messages.length > 0, 5000));
  assert.equal(harness.messages[0]?.bytes.toString(), 'hello');
}

export async function failure(harness: Harness, config: LinkConfig = mutual): Promise<EspAtError> {
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

export const warnings = (harness: Harness): (string | undefined)[] =>
  harness.events.filter(({ event }) => event === 'warning').map(({ error }) => error?.code);
