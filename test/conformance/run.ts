import { relative } from 'node:path';
import { firmwareNamed, optionsOf, orMisuse } from '../harness/options';
import { OWN_TRANSCRIPTS, readTranscripts } from './files';
import { isMatched, totalsOf, type SectionOutcome } from './outcome';
import { replaySection } from './replay';

const USAGE = `npm run conformance [-- [--firmware A|B|C|D] [--verbose] FILE|FOLDER …]

Replays Markdown transcripts of real devices against the simulator, in virtual time. Without files:
the project's own. The firmware class is the folder's name (class-D) unless --firmware says it.
--verbose also prints what was set up, inferred, or forgiven. Exit code 1 on any difference.`;

async function main(): Promise<number> {
  const { values, positionals } = optionsOf(
    USAGE,
    { firmware: { type: 'string' }, verbose: { type: 'boolean', default: false } },
    true,
  );
  const firmware = values.firmware === undefined ? undefined : firmwareNamed(values.firmware);
  const paths = positionals.length > 0 ? positionals : [OWN_TRANSCRIPTS];
  const outcomes: SectionOutcome[] = [];
  for (const file of orMisuse(() => readTranscripts(paths, firmware))) {
    const path = relative(process.cwd(), file.path);
    for (const section of file.sections) {
      if (section.items.length === 0) continue;
      const outcome = await replaySection(section, file.firmware, path);
      outcomes.push(outcome);
      printSection(outcome, file.firmware, values.verbose);
    }
  }
  const totals = totalsOf(outcomes);
  const failed = totals.steps - totals.matched - totals.notReplayable;
  console.log(
    `\n${totals.matched} / ${totals.steps} steps matched in ${outcomes.length} sections, ` +
      `${failed} with differences, ${totals.notReplayable} not replayable`,
  );
  return totals.matched === totals.steps && totals.steps > 0 ? 0 : 1;
}

function printSection(outcome: SectionOutcome, firmware: string, verbose: boolean): void {
  const { matched, steps } = totalsOf([outcome]);
  console.log(`class ${firmware}  ${outcome.file}  ${outcome.title}: ${matched} / ${steps}`);
  for (const step of outcome.steps) {
    if (isMatched(step) && !(verbose && step.remarks.length > 0)) continue;
    console.log(`  line ${step.line}  ${step.title}`);
    if (step.notReplayable !== undefined) console.log(`    not replayable: ${step.notReplayable}`);
    for (const difference of step.differences)
      console.log(`    ${difference.replaceAll('\n', '\n    ')}`);
    if (verbose) for (const remark of step.remarks) console.log(`    (${remark})`);
  }
  for (const note of verbose ? outcome.unread : []) console.log(`  not compared: ${note}`);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);
