import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Harness } from '../harness/harness';
import { root } from '../package/project';
import { OWN_RECORDINGS } from '../verification/conformance/files';

const folder = mkdtempSync(join(tmpdir(), 'esp-at-replay-'));
const cli = join(root, 'replay', 'cli.ts');
/** Starts faster than tsx. */
const hook = join(root, 'scripts', 'typescript.cjs');

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--require', hook, cli, ...args], { encoding: 'utf8' });
}

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('esp-at-replay', () => {
  after(() => rmSync(folder, { recursive: true }));

  it('exits with 0 when the driver decides as recorded, else with 1 and the line of the first difference', async () => {
    const harness = new Harness();
    await harness.ready();
    const text = harness.device.recording('ready');
    await harness.end();
    const same = run(written('same.jsonl', text));
    assert.equal(same.stdout, 'the driver decides as recorded\n');
    assert.equal(same.status, 0);
    const other = run(written('other.jsonl', text.replace('ATE0\\r\\n', 'ATE1\\r\\n')));
    assert.match(other.stdout, /^line \d+: other\n {2}then .*ATE1.*\n {2}now {2}.*ATE0/);
    assert.equal(other.status, 1);
  });

  it('--minimize prints a short recording that ends with the decision of --shows', () => {
    const file = join(OWN_RECORDINGS, 'driver', 'lost-send-ok.jsonl');
    const { stdout, status } = run('--minimize', file, '--shows', 'outofsync');
    assert.match(stdout, /^\{"recording":1[^]*"event":"outofsync"[^\n]*\n$/);
    assert.equal(status, 0);
    assert.equal(run('--minimize', file, '--shows', 'no such text').status, 2);
  });

  it('--against-simulator compares the simulated device with a recording of a device', () => {
    const { stdout, status } = run(
      '--against-simulator',
      join(OWN_RECORDINGS, 'class-D', 'M2.jsonl'),
    );
    assert.match(stdout, /^(\d+) \/ \1 steps matched\n$/);
    assert.equal(status, 0);
  });

  it('--against-simulator compares the simulated device with a recording of the driver', () => {
    const kept = (name: string) =>
      run('--against-simulator', join(OWN_RECORDINGS, 'driver', `${name}.jsonl`));
    const same = kept('echo-class-D');
    assert.equal(same.stdout, 'the simulated device acts as recorded\n');
    assert.equal(same.status, 0);
    const other = kept('lost-send-ok');
    assert.equal(
      other.stdout,
      'line 55: other\n  device    "SEND O"\n  simulator "SEND OK"\n'.replaceAll('"', ''),
    );
    assert.equal(other.status, 1);
  });

  it('exits with 2 for a file that it cannot replay', () => {
    assert.equal(run(join(OWN_RECORDINGS, 'class-D', 'M2.jsonl')).status, 2);
    assert.equal(run(written('no.jsonl', 'no recording')).status, 2);
    assert.equal(run().status, 2);
  });

  it('exits with 2 and its usage for options that do not go together', () => {
    for (const options of [
      ['--shows', 'x'],
      ['--minimize', '--against-simulator'],
    ]) {
      const { status, stdout } = run(...options, 'any.jsonl');
      assert.deepEqual([status, stdout.slice(0, 19)], [2, 'esp-at-replay FILE\n']);
    }
  });
});
