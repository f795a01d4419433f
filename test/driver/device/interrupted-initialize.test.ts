import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Device } from '../../../driver/device/device';
import type { DeviceOptions, FirmwareClass } from '../../../driver/device/options';
import { EspAtError } from '../../../driver/errors';
import type { PortOpener } from '../../../driver/port/port';
import { Harness } from '../../harness/harness';
import { makeAuthority, makeIdentity } from '../../harness/network/ws-server-certificates';

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

/** What a device keeps of a bring-up, asked after it: in RAM, and in flash. */
const questions = [
  'AT+SYSSTORE?',
  'AT+CWMODE?',
  'AT+CWJAP?',
  'AT+CWRECONNCFG?',
  'AT+CIPSNTPCFG?',
  'AT+UART_CUR?',
  'AT+WSOPEN?',
  'AT+WSHEAD?',
  ...['wss_ca', 'wss_cert', 'wss_key'].map((store) => `AT+SYSMFG=1,"${store}","${store}.0"`),
];

interface Cut {
  /** Bytes the host may write before Node-RED dies. */
  readonly hostAfter?: number;
  /** Bytes the device sends before its power fails for a short time. */
  readonly deviceAfter?: number;
}

/** What a bring-up that may be cut short and begun again ends in. */
interface Outcome {
  readonly state: string;
  readonly written: string;
  readonly said: string;
}

async function bringUp(firmware: FirmwareClass, cut: Cut = {}): Promise<Outcome> {
  const said: Buffer[] = [];
  let left = cut.deviceAfter ?? Infinity;
  const hear = (bytes: Buffer) => {
    const heard = bytes.subarray(0, left);
    said.push(Buffer.from(heard));
    left -= heard.length;
    harness.port.deliver(heard);
    if (left > 0) return;
    left = Infinity;
    harness.simulator.restart();
  };
  const harness: Harness = new Harness({
    firmware,
    device: settings,
    simulator: { joined: false, time: () => Date.UTC(2026, 10, 25), output: hear },
    route: () => ({
      kind: 'server',
      server: harness.server,
      tls: { identity: server, needsClientCertificate: true },
    }),
  });
  const { clock, device } = harness;
  if (cut.hostAfter !== undefined) await liveAndDie(harness, cut.hostAfter);
  await harness.ready();
  const written = harness.port.text;
  const heard = Buffer.concat(said).toString('latin1');
  const [link] = device.links;
  // The very last byte may be the one after which the device restarts: then it is opened once more.
  const options = { uri: 'wss://server/echo', config: { auth: 3 }, keepOpen: true } as const;
  link.open(options).catch(() => undefined);
  assert.ok(await clock.until(() => link.stateNumber === 2, 60_000), 'it did not open');
  await clock.wait(link.send('hello'));
  assert.ok(await clock.until(() => harness.messages.length > 0, 5000), 'no echo came');
  await clock.wait(link.close());
  await clock.wait(device.stop());
  const state = await answers(harness);
  harness.simulator.destroy();
  return { state, written, said: heard };
}

/** A first life of the driver, of which so many bytes reach the device. */
async function liveAndDie(harness: Harness, bytes: number): Promise<void> {
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

async function answers({ clock, simulator }: Harness): Promise<string> {
  const heard: Buffer[] = [];
  simulator.onOutput((bytes) => heard.push(bytes));
  for (const question of questions) {
    simulator.write(Buffer.from(`${question}\r\n`));
    await clock.advance(50);
  }
  return Buffer.concat(heard).toString('latin1');
}

/** Every point inside lines, and every 50th where nothing new happens: payloads, the list of commands. */
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
    const whole = await bringUp('D');
    assert.match(whole.state, /\+CWJAP:"espressif".*\+CIPSNTPCFG:1,2.*BEGIN PRIVATE KEY/s);
    const places = points(whole.written, /-----BEGIN[^\0]+\0|AT\+SYSMFG=1.*/g);
    assert.ok(places.length > 300, `${places.length} points`);
    for (const hostAfter of places) {
      const { state } = await bringUp('D', { hostAfter });
      assert.equal(state, whole.state, `after ${hostAfter} bytes`);
    }
  });

  it('by a restart of the device after any byte it sends ends in the same state', async () => {
    const whole = await bringUp('C');
    const places = points(whole.said, /(\+CMD:[^\r]*\r\n)+|-----BEGIN[^\r]+/g);
    assert.ok(places.length > 300, `${places.length} points`);
    for (const deviceAfter of places) {
      const { state } = await bringUp('C', { deviceAfter });
      assert.equal(state, whole.state, `after ${deviceAfter} bytes`);
    }
  });
});
