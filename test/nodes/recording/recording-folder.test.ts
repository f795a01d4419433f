import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { RecordingFolder } from '../../../nodes/shared/recording/recording-folder';
import { temporaryFolder } from '../../harness/temporary-folder';

describe('folder of saved recordings', () => {
  const userDir = temporaryFolder({ after });

  const recording = { recording: (title?: string) => `${String(title)}\n` };

  it('names a file by time and cause, whatever the device is called', async () => {
    const file = await new RecordingFolder(userDir).save(recording, 'a/../b "c"', 'late');
    assert.match(file, /esp-at-recordings[\\/]\d{4}-[\dT-]+Z-a-..-b-c-+late\.jsonl$/);
    assert.equal(readFileSync(file, 'utf8'), 'a/../b "c": late\n');
  });

  it('takes the beginning of a long name for a file', async () => {
    const label = `board ${'x'.repeat(300)}`;
    const file = await new RecordingFolder(userDir).save(recording, label, 'asked');
    assert.match(file, /Z-board-x{94}-asked\.jsonl$/);
    assert.equal(readFileSync(file, 'utf8'), `${label}: asked\n`);
  });

  it('keeps the ten newest, and never deletes another file', async () => {
    const folder = new RecordingFolder(userDir);
    const path = join(userDir, 'esp-at-recordings');
    writeFileSync(join(path, 'mine.jsonl'), '');
    for (let index = 0; index < 14; index++) await folder.save(recording, 'n', String(index));
    const kept = readdirSync(path).sort();
    assert.equal(kept.length, 11);
    assert.ok(kept.includes('mine.jsonl'));
    assert.ok(kept.some((name) => name.endsWith('-n-13.jsonl')));
    assert.ok(!kept.some((name) => name.endsWith('-n-1.jsonl')));
  });

  it('keeps the newest although the clock of the host has jumped back to 1970', async (context) => {
    const folder = new RecordingFolder(userDir);
    for (let index = 0; index < 10; index++) await folder.save(recording, 'before', String(index));
    context.mock.timers.enable({ apis: ['Date'], now: 60_000 });
    const file = await folder.save(recording, 'jumped', 'late');
    const kept = readdirSync(join(userDir, 'esp-at-recordings'));
    assert.match(file, /1970-01-01T00-01-00-000Z-jumped-late\.jsonl$/);
    assert.ok(kept.includes(basename(file)), 'the path of the file leads nowhere');
    assert.ok(!kept.some((name) => name.endsWith('before-0.jsonl')), 'the oldest is still there');
    const next = new RecordingFolder(userDir);
    assert.ok(existsSync(await next.save(recording, 'restarted', 'late')));
  });
});
