import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { OpenOptions } from '../../driver/link/options';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { Harness, type HarnessOptions } from '../harness/harness';
import { ignored } from './lossy-line';

describe('replay from a snapshot', () => {
  /** A ready device with an open link and 150 echoed messages, and what happens then. */
  const fromSnapshot = async (
    options: HarnessOptions,
    act: (harness: Harness) => Promise<unknown>,
    open: Partial<OpenOptions> = {},
  ) => {
    const device = { recorderBytes: 100_000, ...options.device };
    const harness = await new Harness({ ...options, device }).ready();
    const { clock, link } = harness;
    // A climb to the best rate ends.
    await clock.advance(60_000);
    await clock.wait(link.open({ uri: 'ws://h/echo', keepOpen: true, ...open }));
    for (let count = 0; count < 150; count++) await clock.wait(link.send('m'.repeat(400)));
    await act(harness);
    const recording = parseDriverRecording(harness.device.recording());
    await harness.end();
    assert.equal(recording.heading.driver.from, 'snapshot');
    return recording;
  };
  const restarted = async ({ clock, device, simulator }: Harness) => {
    simulator.restart();
    await clock.advance(500);
    await clock.wait(device.ready());
    await clock.advance(5000);
  };
  const serial = { baudRate: 115_200 };
  const cases: readonly [string, HarnessOptions][] = [
    ['with RTS and CTS wired', { serial: { ...serial, rtsCts: true } }],
    ['whose CTS is not wired', { serial: { ...serial, rtsCts: false } }],
    [
      'whose adapter supports no high rate',
      { serial: { ...serial, rtsCts: true, maxPortBaudRate: 500_000 } },
    ],
    ['without modem lines', { serial }],
  ];
  for (const [name, options] of cases)
    it(`has no difference at the rate 'automatic' on a port ${name}`, async () => {
      const device = { negotiatedRate: 'automatic' } as const;
      const recording = await fromSnapshot({ ...options, device }, restarted);
      assert.equal((await replayDriver(recording)).difference, undefined);
    });

  it('has no difference on a port that resets an unresponsive device', async () => {
    const recording = await fromSnapshot(
      { serial: { ...serial, resetWired: true }, device: { rtsReset: true } },
      async (harness) => {
        harness.alterOutput = () => '';
        ignored(harness.link.send('lost'));
        await harness.until(() => harness.events.some(({ detail }) => detail === 'rtsReset'));
        harness.alterOutput = undefined;
        await harness.clock.advance(10_000);
      },
    );
    assert.ok(recording.lines.some((line) => 'port' in line && line.port === 'reset'));
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  it('has no difference where an open link uses certificates that another host has stored', async () => {
    const flash = ['wss_cert', 'wss_key', 'wss_ca'].map((space) => {
      return { space, key: `${space}.5`, type: 8, text: 'PEM' };
    });
    const config = { auth: 3, pki: 5, ca: 5 } as const;
    const recording = await fromSnapshot({ simulator: { flash } }, restarted, { config });
    assert.equal((await replayDriver(recording)).difference, undefined);
  });

  const found: readonly [string, HarnessOptions][] = [
    ['921,600', { serial: { ...serial, rtsCts: true }, simulator: { baud: 921_600 } }],
    ['57,600', { serial, simulator: { baud: 57_600 } }],
    [
      "921,600 on a port without modem lines, with the rate 'automatic'",
      { serial, simulator: { baud: 921_600 }, device: { negotiatedRate: 'automatic' } },
    ],
    [
      '460,800 on a port that does not support the negotiated rate',
      {
        serial: { ...serial, maxPortBaudRate: 460_800 },
        simulator: { baud: 460_800 },
        device: { negotiatedRate: 921_600 },
      },
    ],
  ];
  for (const [where, options] of found)
    it(`has no difference where the device was found at ${where}`, async () => {
      const recording = await fromSnapshot(options, ({ clock, device }) => {
        ignored(device.links[1].open({ uri: 'ws://refuses:1/', keepOpen: true }));
        return clock.advance(30_000);
      });
      assert.ok(recording.lines.some((line) => 'random' in line));
      assert.equal((await replayDriver(recording)).difference, undefined);
    });

  it('has no difference at the start rate where the negotiated one has failed', async () => {
    const options = {
      serial: { ...serial, maxPortBaudRate: 115_200 },
      device: { negotiatedRate: 921_600 },
    };
    const recording = await fromSnapshot(options, restarted);
    assert.equal((await replayDriver(recording)).difference, undefined);
  });
});
