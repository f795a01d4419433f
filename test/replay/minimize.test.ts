import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { shortest } from '../../replay/delta-debugging';
import { replayDriver } from '../../replay/driver-replay';
import { minimized } from '../../replay/minimize';
import { parseDriverRecording } from '../../replay/recording-file';
import { Harness } from '../harness/harness';
import { OWN_RECORDINGS } from '../verification/conformance/files';
import { ignored, onLossyLine } from './lossy-line';

const SECRET = 'story-secret-4711';
const file = join(OWN_RECORDINGS, 'driver', 'lost-send-ok.jsonl');
const recording = () => parseDriverRecording(readFileSync(file, 'utf8'));

describe('shortest list that passes', () => {
  it('ends after its limit of tries', async () => {
    let tries = 0;
    const passes = () => Promise.resolve(++tries > 2);
    assert.deepEqual(await shortest([1, 2, 3, 4], passes, 3), [2, 3, 4]);
    assert.equal(tries, 3);
  });

  it('holds exactly the needed elements, wherever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.nat(99), { maxLength: 8 }),
        fc.integer({ min: 0, max: 100 }),
        async (chosen, count) => {
          const all = Array.from({ length: count }, (_, index) => index);
          const needed = all.filter((each) => chosen.includes(each));
          const passes = async (some: readonly number[]) =>
            needed.every((each) => some.includes(each));
          assert.deepEqual(await shortest(all, passes), needed);
        },
      ),
    );
  });
});

describe('a minimized recording', () => {
  it('shows the same decision in less than 2 KiB, and its replay has no difference', async () => {
    const text = await minimized(recording(), '"outofsync"');
    assert.ok(text.length < 2048, `${text.length} bytes`);
    const found = parseDriverRecording(text);
    assert.equal(found.heading.driver.from, 'snapshot');
    assert.match(text, /"event":"outofsync","detail":"CORRUPT_LINE, AT\+WSSEND=0"\}\n$/);
    assert.equal((await replayDriver(found)).difference, undefined);
  });

  it('ends with the last failure by default', async () => {
    const text = await minimized(recording());
    assert.match(text, /"error":"SEND_UNKNOWN","outcome":"unknown"\}\n$/);
  });

  it('shows the same difference when the replay differs', async () => {
    // A short one: each try replays it.
    const short = await minimized(recording(), '"outofsync"');
    const { heading, lines } = parseDriverRecording(short);
    const index = lines.findIndex((line) => 'host' in line && line.host.startsWith('AT+WSSEND='));
    const other = { at: lines[index]?.at ?? 0, host: 'AT+WSSEND=1,1\r\n' };
    const changed = { heading, lines: lines.with(index, other) };
    const before = (await replayDriver(changed)).difference;
    const text = await minimized(changed);
    const after = (await replayDriver(parseDriverRecording(text))).difference;
    assert.deepEqual([after?.expected, after?.got], [before?.expected, before?.got]);
    assert.ok(text.split('\n').length <= lines.length, text);
    assert.match(await minimized(changed, '"outofsync"'), /"event":"outofsync"[^\n]*\n$/);
  });

  it('holds no call that changes nothing, however long before the failure it was made', async () => {
    const harness = new Harness();
    const { clock, device, link } = harness;
    harness.alterOutput = () => '';
    for (let count = 0; count < 3; count++) {
      ignored(link.send('early'));
      await clock.advance(60_000);
    }
    device.start();
    ignored(link.send('between'));
    await clock.advance(500);
    ignored(link.send('late'));
    await clock.advance(60_000);
    const text = await minimized(parseDriverRecording(device.recording()), 'DEVICE_UNRESPONSIVE');
    await harness.end();
    const { lines } = parseDriverRecording(text);
    const calls = lines.flatMap((line) => ('call' in line ? line.to : []));
    assert.deepEqual(calls, ['start']);
  });

  const settings = [
    { negotiatedRate: 921_600 },
    { negotiatedRate: 'automatic' },
    { flowControl: true },
  ] as const;
  for (const setting of settings)
    it(`exists for a device with ${JSON.stringify(setting)}, and its replay has no difference`, async () => {
      const serial = { baudRate: 115_200, rtsCts: true };
      const device = { ...setting, recorderBytes: 20_000 };
      const harness = await new Harness({ serial, device }).ready();
      const { clock, link } = harness;
      // A climb to the best rate ends.
      await clock.advance(60_000);
      await clock.wait(link.open({ uri: 'ws://h/echo' }));
      // The recorder drops the beginning.
      for (let count = 0; count < 30; count++) await clock.wait(link.send('m'.repeat(400)));
      harness.say('stray\r\n');
      await clock.advance(2000);
      const text = await minimized(parseDriverRecording(harness.device.recording()), 'unknownline');
      await harness.end();
      const found = parseDriverRecording(text);
      assert.equal(found.heading.driver.from, 'snapshot');
      assert.equal((await replayDriver(found)).difference, undefined);
    });

  it('does not exist for a text that no decision shows', async () => {
    await assert.rejects(minimized(recording(), 'WIFI_LOST'), /no decision .* shows WIFI_LOST/);
  });
});

describe('a recording of a line that loses bytes', () => {
  /** A link with a secret header sends over a line that loses a byte of three in ten writes of the device. */
  async function recordingOf(seed: number): Promise<string> {
    const { harness, line } = onLossyLine(seed, { firmware: 'D' });
    await harness.ready();
    const [link] = harness.device.links;
    const headers = [{ name: 'X-Key', value: SECRET }];
    ignored(link.open({ uri: 'ws://h/echo', keepOpen: true, headers }));
    await harness.clock.advance(3000);
    line.lossRate = 0.3;
    for (let count = 0; count < 8; count++) {
      ignored(link.send('Hello from the ESP32!'));
      await harness.clock.advance(500);
    }
    const text = harness.device.recording(`seed ${seed}`);
    await harness.end();
    return text;
  }

  it('minimizes to less than 2 KiB, shows the resync, and holds no secret', async () => {
    for (let seed = 1; seed <= 6; seed++) {
      const text = await recordingOf(seed);
      const short = await minimized(parseDriverRecording(text), '"outofsync"');
      assert.ok(short.length < 2048, `seed ${seed}: ${short.length} bytes`);
      assert.match(short, /"event":"outofsync"[^\n]*\n$/);
      assert.equal((await replayDriver(parseDriverRecording(short))).difference, undefined);
      assert.ok(!text.includes(SECRET));
    }
  });
});
