import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { firmwareClasses, type FirmwareClass } from '../../simulator/firmware';
import { parseTranscript } from './parse';
import type { Section } from './transcript';

export interface TranscriptFile {
  readonly path: string;
  readonly firmware: FirmwareClass;
  readonly sections: readonly Section[];
}

/** The folder of the project's own recordings. */
export const OWN_TRANSCRIPTS = join(__dirname, 'transcripts');

/** Reads Markdown files, and folders down to any depth; their `README.md` are no recordings. */
export function readTranscripts(
  paths: readonly string[],
  firmware?: FirmwareClass,
): TranscriptFile[] {
  return paths.flatMap(markdownFiles).map((path) => ({
    path,
    firmware: firmware ?? firmwareOf(path),
    sections: parseTranscript(readFileSync(path, 'utf8')),
  }));
}

function markdownFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => {
      const inside = join(path, name);
      if (statSync(inside).isDirectory()) return markdownFiles(inside);
      return name.endsWith('.md') && name !== 'README.md' ? [inside] : [];
    });
}

/** The class by the name of the nearest folder `class-X`; D without one. */
function firmwareOf(path: string): FirmwareClass {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const letter = /^class-([A-D])$/i.exec(basename(folder))?.[1]?.toUpperCase();
    const found = firmwareClasses.find((each) => each === letter);
    if (found) return found;
  }
  return 'D';
}
