import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { root } from '../package/project';
import { listen, type SimulatorServer } from '../../simulator/serial/server';

const cli = join(root, 'driver', 'doctor', 'cli.ts');
/** Starts faster than tsx. */
const hook = join(root, 'scripts', 'typescript.cjs');

async function run(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, ['--require', hook, cli, ...args]);
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  await once(child, 'close');
  return { code: child.exitCode, ...said };
}

describe('esp-at-doctor', () => {
  const folder = mkdtempSync(join(tmpdir(), 'esp-at-doctor-'));
  let bridge: SimulatorServer;
  let port: string;
  before(async () => {
    bridge = await listen({ port: 0, firmware: 'B', joined: true });
    port = `tcp://127.0.0.1:${bridge.port}`;
  });
  after(async () => {
    await bridge.close();
    rmSync(folder, { recursive: true });
  });

  it('says what it found, and ends with 0 where all is well', async () => {
    const { code, out, err } = await run(port);
    assert.equal(code, 0, err);
    assert.match(out, /^Port: +tcp:\/\/127\.0\.0\.1:\d+\n/);
    assert.match(out, /\nClass: +B\n/);
    assert.match(
      out,
      /\nnote: This firmware \(ESP-AT before v4\.1, class B\) cannot verify servers\./,
    );
    assert.match(out, /\nAll is well\.\n$/);
    // Progress is for terminals.
    assert.equal(err, '');
  });

  it('with --json and --record: prints findings and facts, and writes what passed the port, which replays', async () => {
    const file = join(folder, 'record.jsonl');
    const { code, out } = await run(port, '--json', '--record', file);
    const report: unknown = JSON.parse(out);
    assert.ok(typeof report === 'object' && report && 'ok' in report && 'facts' in report);
    assert.deepEqual([code, report.ok], [0, true]);
    assert.match(JSON.stringify(report.facts), /"ssid":"espressif"/);
    const recording = readFileSync(file, 'utf8');
    assert.match(recording, /AT\+GMR\\r\\n/);
    assert.match(recording, /^\{"recording":1,"class":"B",.*"firmware":"\d/);
    const replayed = await replayDriver(parseDriverRecording(recording));
    assert.equal(replayed.difference, undefined);
    const other = recording.replace('+GMR', '+GMS');
    assert.notEqual((await replayDriver(parseDriverRecording(other))).difference, undefined);
  });

  it('with --uri and --record: keeps user and password out of the file', async () => {
    const file = join(folder, 'secret.jsonl');
    await run(port, '--uri', 'ws://bobby:hunter22@127.0.0.1:1/', '--record', file);
    const recording = readFileSync(file, 'utf8');
    assert.match(recording, /"text":"ws:\/\/\*{5}:\*{8}@127/);
    assert.match(recording, /WSOPEN=0,\\"ws:\/\/\*{5}:\*{8}@127/);
    assert.doesNotMatch(recording, /bobby|hunter22/);
  });

  it('with --record of a file that cannot be written: prints the report, and ends with 2', async () => {
    const { code, out, err } = await run(port, '--record', join(folder, 'none', 'record.jsonl'));
    assert.equal(code, 2);
    assert.match(out, /\nClass: +B\n/);
    assert.notEqual(err, '');
  });

  it('ends with 1 where something is wrong, and says what to do', async () => {
    const { code, out } = await run('tcp://127.0.0.1:1');
    assert.equal(code, 1);
    assert.match(out, /\nerror: Nothing answers at tcp:\/\/127\.0\.0\.1:1\. Check the address/);
  });

  for (const [what, args] of [
    ['without a port', []],
    ['with an invalid port', ['http://x']],
    ['with an invalid baud rate', ['/dev/ttyUSB0', '--baud', 'fast']],
    ['with a wrong URI of an echo server', ['/dev/ttyUSB0', '--uri', 'http://x/']],
    ['with an unknown option', ['/dev/ttyUSB0', '--bold']],
  ] as const) {
    it(`ends with 2 ${what}`, async () => {
      assert.equal((await run(...args)).code, 2);
    });
  }
});
