#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseRecording } from '../simulator/replay/recording';
import { replay } from '../simulator/replay/replay';
import { describeSteps, isMatched, score } from '../simulator/replay/report';
import { describeDifference } from './difference';
import { replayDriver } from './driver-replay';
import { minimized } from './minimize';
import { compareWithSimulator } from './simulator-comparison';
import {
  checkStart,
  isDriverRecording,
  parseDriverRecording,
  type DriverRecording,
} from './recording-file';

const USAGE = `esp-at-replay FILE
esp-at-replay --minimize FILE [--shows TEXT]
esp-at-replay --against-simulator FILE

Replays a recording of the driver in virtual time. Prints the first difference from the recorded decisions. A decision is
a write, a request to the port, or an event of the driver.

  --minimize           prints a shorter recording with the same difference; if the replay of FILE has none, with the last
                       error or "outofsync" of FILE
  --shows TEXT         keeps the first decision that contains TEXT instead
  --against-simulator  compares the output of the simulated device with that of the recorded one; for a recording of the
                       driver, with servers that act as the recording shows

Exit code of a comparison: 0 no difference, 1 a difference. 2: the file cannot be replayed, or the options are wrong.
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'against-simulator': { type: 'boolean', default: false },
      minimize: { type: 'boolean', default: false },
      shows: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const [file, ...others] = positionals;
  const { minimize, shows } = values;
  const isWrong = minimize ? values['against-simulator'] : shows !== undefined;
  if (values.help || file === undefined || others.length > 0 || isWrong) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const text = readFileSync(file, 'utf8');
  const hasDriver = isDriverRecording(text);
  if (values['against-simulator']) {
    return hasDriver ? driverAgainstSimulator(text) : againstSimulator(text);
  }
  if (!hasDriver)
    throw new Error(`${file}: not a recording of the driver; use --against-simulator`);
  const recording = parseDriverRecording(text);
  checkStart(recording);
  if (!minimize) return againstDriver(recording);
  process.stdout.write(await minimized(recording, shows));
  return 0;
}

async function againstDriver(recording: DriverRecording): Promise<number> {
  const { difference } = await replayDriver(recording);
  if (difference) print(...describeDifference(difference));
  else print('the driver decides as recorded');
  return difference ? 1 : 0;
}

async function againstSimulator(text: string): Promise<number> {
  const steps = await replay(parseRecording(text));
  print(...describeSteps(steps), `${score(steps)} steps matched`);
  return steps.every(isMatched) ? 0 : 1;
}

async function driverAgainstSimulator(text: string): Promise<number> {
  const difference = await compareWithSimulator(parseDriverRecording(text));
  if (difference) print(...describeDifference(difference, 'device', 'simulator'));
  else print('the simulated device acts as recorded');
  return difference ? 1 : 0;
}

function print(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
