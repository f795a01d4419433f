import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { shortest } from '../../replay/delta-debugging';
import { replayDriver } from '../../replay/driver-replay';
import { minimized } from '../../replay/minimize';
import { parseDriverRecording } from '../../replay/recording-file';
import { OWN_RECORDINGS } from '../verification/conformance/files';

const file = join(OWN_RECORDINGS, 'driver', 'lost-send-ok.jsonl');
const recording = () => parseDriverRecording(readFileSync(file, 'utf8'));

describe('shortest list that passes', () => {
  it('holds exactly what is needed, wherever that is', async () => {
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
  it('shows the same decision in under 2 KiB, and the driver decides on it as recorded', async () => {
    const text = await minimized(recording(), '"outofsync"');
    assert.ok(text.length < 2048, `${text.length} bytes`);
    const found = parseDriverRecording(text);
    assert.equal(found.heading.driver.from, 'snapshot');
    assert.match(text, /"event":"outofsync","detail":"CORRUPT_LINE, AT\+WSSEND=0"\}\n$/);
    assert.equal((await replayDriver(found)).difference, undefined);
  });

  it('ends, without a choice, with the last failure', async () => {
    const text = await minimized(recording());
    assert.match(text, /"error":"SEND_UNKNOWN","outcome":"unknown"\}\n$/);
  });

  it('shows the same difference, where the driver decides otherwise than recorded', async () => {
    const { heading, lines } = recording();
    const index = lines.findIndex((line) => 'host' in line && line.host.startsWith('AT+WSOPEN='));
    const other = { at: lines[index]?.at ?? 0, host: 'AT+WSOPEN=0,"ws://other"\r\n' };
    const changed = { heading, lines: lines.with(index, other) };
    const before = (await replayDriver(changed)).difference;
    const text = await minimized(changed);
    const after = (await replayDriver(parseDriverRecording(text))).difference;
    assert.deepEqual([after?.expected, after?.got], [before?.expected, before?.got]);
    assert.ok(text.split('\n').length <= lines.length, text);
  });

  it('is none where no decision shows what is asked for', async () => {
    await assert.rejects(minimized(recording(), 'WIFI_LOST'), /no decision .* shows WIFI_LOST/);
  });
});
