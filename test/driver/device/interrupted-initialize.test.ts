import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import type { DeviceOptions } from '../../../driver/device/options';
import { EspAtError } from '../../../driver/errors';
import type { PortOpener } from '../../../driver/port/port';
import { Harness } from '../../harness/harness';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';
import type { FirmwareClass } from '../../../driver/commands/capabilities';

const authority = makeAuthority('Home CA');
const server = makeIdentity(authority, 'server');
const board = makeIdentity(authority, 'board');
const material = {
  slot: 0,
  ca: authority.certificate,
  certificate: board.certificate,
  key: board.key,
};
const settings = {
  wifi: { ssid: 'espressif', password: 'password' },
  sntp: { timezone: 2, servers: ['time.example'] },
  certificates: [material],
} satisfies Partial<DeviceOptions>;

/** Queries of what an initialization sets in the device, in RAM and in flash. */
const queries = [
  ...['AT+SYSSTORE?', 'AT+CWMODE?', 'AT+CWJAP?', 'AT+CWRECONNCFG?', 'AT+CIPSNTPCFG?'],
  ...['AT+UART_CUR?', 'AT+WSOPEN?', 'AT+WSHEAD?'],
  ...['wss_ca', 'wss_cert', 'wss_key'].map((store) => `AT+SYSMFG=1,"${store}","${store}.0"`),
];

interface Cut {
  /** Bytes that the host writes before Node-RED crashes. */
  readonly hostAfter?: number;
  /** Bytes that the device sends before it restarts. */
  readonly deviceAfter?: number;
}

interface Initialized {
  /** The responses to {@link queries}. */
  readonly state: string;
  /** Bytes that the host wrote. */
  readonly written: string;
  /** Bytes that the device sent. */
  readonly sent: string;
}

/** Initializes a device; the first time up to the cut. Then uses a link. */
async function initialize(firmware: FirmwareClass, cut: Cut = {}): Promise<Initialized> {
  const sent: Buffer[] = [];
  let left = cut.deviceAfter ?? Infinity;
  const output = (bytes: Buffer) => {
    const passed = bytes.subarray(0, left);
    sent.push(Buffer.from(passed));
    left -= passed.length;
    harness.port.deliver(passed);
    if (left > 0) return;
    left = Infinity;
    harness.simulator.restart();
  };
  const harness: Harness = new Harness({
    firmware,
    device: settings,
    simulator: { joined: false, time: () => Date.UTC(2026, 10, 25), output },
    route: () => ({
      kind: 'server',
      server: harness.server,
      tls: { identity: server, needsClientCertificate: true },
    }),
  });
  const { clock, device } = harness;
  if (cut.hostAfter !== undefined) await runUntilCrash(harness, cut.hostAfter);
  await harness.ready();
  const written = harness.port.text;
  const sentBefore = Buffer.concat(sent).toString('latin1');
  const [link] = device.links;
  // After its very last byte, the device restarts during this open: keep-open opens the link again.
  const options = { uri: 'wss://server/echo', config: { auth: 3 }, keepOpen: true } as const;
  link.open(options).catch(() => undefined);
  assert.ok(await clock.until(() => link.stateNumber === 2, 60_000), 'it did not open');
  await clock.wait(link.send('hello'));
  assert.ok(await clock.until(() => harness.messages.length > 0, 5000), 'no echo came');
  await clock.wait(link.close());
  await clock.wait(device.stop());
  const state = await answers(harness);
  harness.simulator.destroy();
  return { state, written, sent: sentBefore };
}

/** Runs a driver that crashes after so many bytes have reached the device. */
async function runUntilCrash(harness: Harness, bytes: number): Promise<void> {
  const { clock } = harness;
  let left = bytes;
  const port: PortOpener = {
    address: 'cut',
    open: async (handlers) => {
      const inner = await harness.port.open(handlers);
      return {
        pendingBytes: 0,
        write: (chunk) => {
          if (left <= 0) throw new EspAtError('PORT_CLOSED');
          const passed = chunk.subarray(0, left);
          left -= passed.length;
          inner.write(passed);
        },
        close: () => inner.close(),
      };
    },
  };
  const first = new Device({ ...settings, port, clock, random: () => 0.5 });
  first.start();
  assert.ok(await clock.until(() => left <= 0, 120_000), 'it wrote less');
  await clock.wait(first.stop());
}

/** The responses to {@link queries}. */
async function answers({ clock, simulator }: Harness): Promise<string> {
  const heard: Buffer[] = [];
  simulator.onOutput((bytes) => heard.push(bytes));
  for (const query of queries) {
    simulator.write(Buffer.from(`${query}\r\n`));
    await clock.advance(50);
  }
  return Buffer.concat(heard).toString('latin1');
}

/** Every byte at which to cut, but only each 50th within texts that match `dull`: payloads, the list of commands. */
function points(text: string, dull: RegExp): number[] {
  const spans = [...text.matchAll(dull)].map(({ index, 0: { length } }) => [index, length]);
  const isDull = (at: number) =>
    spans.some(([start = 0, length = 0]) => at > start + 3 && at < start + length - 3);
  return Array.from({ length: text.length - 1 }, (_, index) => index + 1).filter(
    (at) => at % 50 === 0 || !isDull(at),
  );
}

describe('an interrupted initialization', () => {
  it('by a crash of Node-RED after any byte ends in the same state', async () => {
    const whole = await initialize('D');
    assert.match(whole.state, /\+CWJAP:"espressif".*\+CIPSNTPCFG:1,2.*BEGIN PRIVATE KEY/s);
    const places = points(whole.written, /-----BEGIN[^\0]+\0|AT\+SYSMFG=1.*/g);
    assert.ok(places.length > 300, `${places.length} points`);
    for (const hostAfter of places) {
      const { state } = await initialize('D', { hostAfter });
      assert.equal(state, whole.state, `after ${hostAfter} bytes`);
    }
  });

  it('by a restart of the device after any byte it sends ends in the same state', async () => {
    const whole = await initialize('C');
    const places = points(whole.sent, /(\+CMD:[^\r]*\r\n)+|-----BEGIN[^\r]+/g);
    assert.ok(places.length > 300, `${places.length} points`);
    for (const deviceAfter of places) {
      const { state } = await initialize('C', { deviceAfter });
      assert.equal(state, whole.state, `after ${deviceAfter} bytes`);
    }
  });
});
