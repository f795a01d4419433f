import assert from 'node:assert/strict';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { replay } from '../../../simulator/replay/replay';
import { describeSteps } from '../../../simulator/replay/report';
import { OWN_RECORDINGS, readRecording, recordingFiles } from './files';

describe('the simulator acts as recorded in test/recordings', () => {
  for (const file of recordingFiles([OWN_RECORDINGS])) {
    it(relative(OWN_RECORDINGS, file), async () => {
      const steps = await replay(readRecording(file));
      assert.deepEqual(describeSteps(steps), []);
    });
  }
});
