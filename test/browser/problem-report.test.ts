import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { replayDriver } from '../../replay/driver-replay';
import { minimized } from '../../replay/minimize';
import { parseDriverRecording, type DriverRecording } from '../../replay/recording-file';
import { asObject, examples, type Json } from '../package/project';
import { idOf } from '../start/demo';
import { eventually } from './harness/eventually';
import { majors, sharedBench } from './harness/shared';
import { noBrowser } from './harness/workbench';

/** Reports at most: a host that stalls may report a failure that no free run shows. */
const MAX_REPORTS = 4;
const SECRET = 'report-secret-4711';
/** From 6 s after the start on the line loses bytes of the device. */
const PORT = 'sim:report?fault=lose=to-host,3%25,%2B6s';

/** The demo's flow, on a line that loses bytes; it opens its link at the start, with a secret. */
function flows(): Json[] {
  const [, demo = []] = [...examples()].find(([path]) => path.includes('Echo over')) ?? [];
  return demo.map((node) => {
    if (node.type === 'esp-at-device') return { ...node, port: PORT };
    if (node.type === 'ws-open')
      return { ...node, keepOpen: true, headers: [{ name: 'X-Key', value: SECRET }] };
    return node;
  });
}

const skip = noBrowser || (!majors.includes('5') && 'another process tests it');

describe('a user reports a line that loses bytes', { skip }, () => {
  it('sees it, saves it, and gets a short recording without secrets that shows it again', async () => {
    const bench = await sharedBench('5');
    const recorded = async () => {
      const editor = await bench.editor({ flows: flows() });
      const { page } = editor;
      await editor.run('RED.sidebar.show("esp-at");');
      await page.locator('#esp-at-live-clear').click();
      const resync = page.locator('.esp-at-live-kind-event', { hasText: 'outofsync' });
      await eventually(async () => {
        await editor.press(idOf(bench.flows, 'inject', 'send text'));
        await page.waitForTimeout(500);
        return (await resync.count()) > 0;
      }, true);
      const download = page.waitForEvent('download');
      await page.locator('#esp-at-live-save').click();
      const text = readFileSync(await (await download).path(), 'utf8');
      const recording = parseDriverRecording(text);
      assert.equal((await replayDriver(recording)).difference, undefined);
      return { text, recording };
    };
    const { text, recording, short } = await minimizedReport(recorded);
    assert.ok(short.length < 2048, `${short.length} bytes`);
    assert.match(short, /"event":"outofsync"[^\n]*\n$/);
    assert.equal((await replayDriver(parseDriverRecording(short))).difference, undefined);
    const encodings = [
      SECRET,
      Buffer.from(SECRET).toString('base64').replace(/=+$/, ''),
      Buffer.from(SECRET).toString('hex'),
    ];
    for (const form of encodings) assert.ok(!text.includes(form), form);
    const opened = recording.lines.find((line) => 'call' in line && line.to === 'open');
    assert.match(JSON.stringify(asObject(opened, 'open').options), /"X-Key","value":"\*{18}"/);
  });
});

interface Report {
  readonly text: string;
  readonly recording: DriverRecording;
}

async function minimizedReport(
  recorded: () => Promise<Report>,
): Promise<Report & { readonly short: string }> {
  for (let report = 1; ; report++) {
    const found = await recorded();
    try {
      return { ...found, short: await minimized(found.recording, '"outofsync"') };
    } catch (error) {
      if (report === MAX_REPORTS) throw error;
    }
  }
}
