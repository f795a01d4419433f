import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, it } from 'node:test';
import { replayDriver } from '../../replay/driver-replay';
import { parseDriverRecording } from '../../replay/recording-file';
import { driverRecordingFiles, OWN_RECORDINGS } from '../verification/conformance/files';

describe('the driver decides as recorded', () => {
  for (const file of driverRecordingFiles([OWN_RECORDINGS])) {
    it(relative(OWN_RECORDINGS, file), async () => {
      const recording = parseDriverRecording(readFileSync(file, 'utf8'));
      assert.equal((await replayDriver(recording)).difference, undefined);
    });
  }
});

describe('a recording of the driver', () => {
  it('is refused with the number of its invalid line, blank lines counted', () => {
    for (const [lines, message] of [
      ['{"at":1}', /line 3: not a line of a recording/],
      ['{"at":', /line 3: no JSON/],
    ] as const)
      assert.throws(
        () => parseDriverRecording(`{"recording":1,"driver":{}}\n\n${lines}\n`),
        message,
      );
  });

  it('is refused in another format', () => {
    for (const heading of ['{"recording":2,"driver":{}}', '{"driver":{}}', '{"recording":1}', ''])
      assert.throws(
        () => parseDriverRecording(heading),
        /^Error: line 1: not a recording .*format 1$/,
      );
  });
});
