import { relative } from 'node:path';
import { DEVICE_RECORDINGS, readRecording, recordingFiles } from './files';
import { replay, type StepResult } from '../../../simulator/replay/replay';
import { describeSteps, isMatched, score } from '../../../simulator/replay/report';
import { optionsOf, orMisuse } from '../../harness/options/options';

const usage = `npm run conformance -- [FILES or folders]

Replays recordings of real devices on the simulated ESP32. Default: those of the project.
The exit code is 1 when a step differs.`;

async function main(): Promise<number> {
  const given = optionsOf(usage, {}, true).positionals;
  const all: StepResult[] = [];
  for (const file of orMisuse(() => recordingFiles(given.length > 0 ? given : DEVICE_RECORDINGS))) {
    const recording = readRecording(file);
    const steps = await replay(recording);
    all.push(...steps);
    const { firmware, section, title } = recording.heading;
    console.log(
      `${relative(process.cwd(), file)}: class ${firmware}, ${section} ${title}: ${score(steps)}`,
    );
    for (const line of describeSteps(steps)) console.log(line);
  }
  if (all.length === 0)
    console.log('no recording of a device; those of the driver: esp-at-replay --against-simulator');
  console.log(`\n${score(all)} steps matched`);
  return all.length > 0 && all.every(isMatched) ? 0 : 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(error);
    process.exitCode = 2;
  },
);
