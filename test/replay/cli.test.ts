import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Harness } from '../harness/harness';
import { OWN_RECORDINGS } from '../verification/conformance/files';

const folder = mkdtempSync(join(tmpdir(), 'esp-at-replay-'));
const cli = join(__dirname, '..', '..', 'replay', 'cli.ts');

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', cli, ...args], { encoding: 'utf8' });
}

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('esp-at-replay', () => {
  after(() => rmSync(folder, { recursive: true }));

  it('ends with 0 where the driver decides as then, with 1 and the line where it does not', async () => {
    const harness = new Harness();
    await harness.ready();
    const text = harness.device.recording('ready');
    await harness.end();
    const same = run(written('same.jsonl', text));
    assert.equal(same.stdout, 'the driver decides as it did then\n');
    assert.equal(same.status, 0);
    const other = run(written('other.jsonl', text.replace('ATE0\\r\\n', 'ATE1\\r\\n')));
    assert.match(other.stdout, /^line \d+: other\n {2}then .*ATE1.*\n {2}now {2}.*ATE0/);
    assert.equal(other.status, 1);
  });

  it('prints a short recording of the decision that is asked for', () => {
    const file = join(OWN_RECORDINGS, 'driver', 'lost-send-ok.jsonl');
    const { stdout, status } = run('--minimize', file, '--shows', 'outofsync');
    assert.match(stdout, /^\{"recording":1[^]*"event":"outofsync"[^\n]*\n$/);
    assert.equal(status, 0);
    assert.equal(run('--minimize', file, '--shows', 'no such text').status, 2);
  });

  it('compares the simulated device with a recording of a device', () => {
    const { stdout, status } = run(
      '--against-simulator',
      join(OWN_RECORDINGS, 'class-D', 'M2.jsonl'),
    );
    assert.match(stdout, /^(\d+) \/ \1 steps matched\n$/);
    assert.equal(status, 0);
  });

  it('compares the simulated device with what the driver recorded of one', () => {
    const kept = (name: string) =>
      run('--against-simulator', join(OWN_RECORDINGS, 'driver', `${name}.jsonl`));
    const same = kept('echo-class-D');
    assert.equal(same.stdout, 'the simulated device says what the recorded one said\n');
    assert.equal(same.status, 0);
    const other = kept('lost-send-ok');
    assert.equal(
      other.stdout,
      'line 55: other\n  device    "SEND O"\n  simulator "SEND OK"\n'.replaceAll('"', ''),
    );
    assert.equal(other.status, 1);
  });

  it('ends with 2 for a file that cannot be replayed so', () => {
    assert.equal(run(join(OWN_RECORDINGS, 'class-D', 'M2.jsonl')).status, 2);
    assert.equal(run(written('no.jsonl', 'no recording')).status, 2);
    assert.equal(run().status, 2);
  });
});
