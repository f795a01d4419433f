import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { OWN_RECORDINGS, readRecording, recordingFiles, SHARED_RECORDINGS } from './files';
import { replay, type StepResult } from '../../../simulator/replay/replay';
import { differencesInWords, isMatched, score } from '../../../simulator/replay/report';
import { simulatedBench } from './simulated-bench';

async function main(): Promise<number> {
  const given = process.argv.slice(2);
  const usual = [OWN_RECORDINGS, SHARED_RECORDINGS].filter((path) => existsSync(path));
  const all: StepResult[] = [];
  for (const file of recordingFiles(given.length > 0 ? given : usual)) {
    const recording = readRecording(file);
    const steps = await replay(recording, simulatedBench);
    all.push(...steps);
    const { firmware, section, title } = recording.heading;
    console.log(
      `${relative(process.cwd(), file)}: class ${firmware}, ${section} ${title}: ${score(steps)}`,
    );
    for (const line of differencesInWords(steps)) console.log(line);
  }
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
