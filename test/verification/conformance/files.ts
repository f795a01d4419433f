import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseRecording, type Recording } from '../../../simulator/replay/recording';

const PROJECT = join(__dirname, '..', '..', '..');
/** The project's own selection. */
export const OWN_RECORDINGS = join(PROJECT, 'test', 'recordings');
/** All recordings; beside the project, and not on every machine. */
export const SHARED_RECORDINGS = join(PROJECT, '..', 'shared', 'recordings');

/** The recordings among files and folders, in order of their paths. */
export function recordingFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).sort();
    const found = names.filter(
      (name) => name.endsWith('.jsonl') || statSync(join(path, name)).isDirectory(),
    );
    return recordingFiles(found.map((name) => join(path, name)));
  });
}

export const readRecording = (path: string): Recording =>
  parseRecording(readFileSync(path, 'utf8'));
