import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { replay } from '../../../simulator/replay/replay';
import { describeDifferences } from '../../../simulator/replay/report';
import { OWN_RECORDINGS, readRecording, recordingFiles, SHARED_RECORDINGS } from './files';

describe('the simulator acts as recorded in test/recordings', () => {
  replayAll(OWN_RECORDINGS);
});

describe('the simulator acts as recorded beside the project', () => {
  if (existsSync(SHARED_RECORDINGS)) replayAll(SHARED_RECORDINGS);
  else it('every file', { skip: 'there are none' }, () => undefined);
});

function replayAll(folder: string): void {
  for (const file of recordingFiles([folder])) {
    it(relative(folder, file), async () => {
      const steps = await replay(readRecording(file));
      assert.deepEqual(describeDifferences(steps), []);
    });
  }
}
