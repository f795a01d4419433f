import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isDriverRecording } from '../../../replay/recording-file';
import { firmwareClasses } from '../../../simulator/device/firmware';
import { parseRecording, type Recording } from '../../../simulator/replay/recording';

const PROJECT = join(__dirname, '..', '..', '..');
/** The recordings of the project. */
export const OWN_RECORDINGS = join(PROJECT, 'test', 'recordings');
/** The recordings of real devices among them. The others are of the simulator. */
export const DEVICE_RECORDINGS = firmwareClasses.map((name) =>
  join(OWN_RECORDINGS, `class-${name}`),
);

/** The recordings of devices among files and folders, in order of their paths. */
export const recordingFiles = (paths: readonly string[]): string[] =>
  allFiles(paths).filter((path) => !isDriverRecording(readFileSync(path, 'utf8')));

/** The recordings of the driver among files and folders. */
export const driverRecordingFiles = (paths: readonly string[]): string[] =>
  allFiles(paths).filter((path) => isDriverRecording(readFileSync(path, 'utf8')));

function allFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).sort();
    const found = names.filter(
      (name) => name.endsWith('.jsonl') || statSync(join(path, name)).isDirectory(),
    );
    return allFiles(found.map((name) => join(path, name)));
  });
}

export const readRecording = (path: string): Recording =>
  parseRecording(readFileSync(path, 'utf8'));
