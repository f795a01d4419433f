import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { OWN_TRANSCRIPTS, readTranscripts } from './files';
import { isMatched, type StepOutcome } from './outcome';
import { replaySection } from './replay';

const ROOT = join(__dirname, '..', '..');
/** Recordings beside the project, where there are any. */
const OTHER_TRANSCRIPTS = join(ROOT, '..', 'shared', 'transcripts');

describe('the simulator says what a device said', () => {
  replayAll(OWN_TRANSCRIPTS);
});

describe('also in recordings beside the project', () => {
  if (existsSync(OTHER_TRANSCRIPTS)) replayAll(OTHER_TRANSCRIPTS);
  else {
    const reason = `there is no folder ${relative(ROOT, OTHER_TRANSCRIPTS)}`;
    test('every section', { skip: reason }, () => undefined);
  }
});

function replayAll(folder: string): void {
  for (const { path, firmware, sections } of readTranscripts([folder])) {
    for (const section of sections) {
      test(`class ${firmware}: ${section.title}`, async () => {
        const { steps } = await replaySection(section, firmware);
        assert.ok(steps.length > 0, 'the section has steps');
        const failed = steps.filter((step) => !isMatched(step));
        assert.deepEqual(
          failed.map(inWords),
          [],
          `${relative(ROOT, path)}: ${failed.length} differ`,
        );
      });
    }
  }
}

function inWords(step: StepOutcome): string {
  const what = step.notReplayable ?? step.differences.join('\n');
  return `line ${step.line}, ${step.title}: ${what}`;
}
