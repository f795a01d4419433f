import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Recordings that are kept: beyond that the oldest are deleted. */
const MAX_FILES = 10;
/** Names as {@link RecordingFolder.save} gives them: no other file is ever deleted. */
const ownName = /^\d{4}-\d\d-\d\dT[\d-]+Z-.*\.jsonl$/;

/** The folder of saved recordings under Node-RED's own. */
export class RecordingFolder {
  readonly #path: string;

  /** @param userDir Node-RED's folder for the user's files */
  constructor(userDir: string) {
    this.#path = join(userDir, 'esp-at-recordings');
  }

  /**
   * Saves a recording, and deletes the oldest ones.
   * @param about for the name of the file
   * @returns path of the file
   * @throws Error of the file system
   */
  async save(about: string, recording: string): Promise<string> {
    const time = new Date().toISOString().replace(/[:.]/g, '-');
    const file = join(this.#path, `${time}-${about.replace(/[^\w.-]+/g, '-')}.jsonl`);
    await mkdir(this.#path, { recursive: true });
    // It holds messages: only for the user that runs Node-RED.
    await writeFile(file, recording, { mode: 0o600 });
    const names = (await readdir(this.#path)).filter((name) => ownName.test(name)).sort();
    const old = names.slice(0, Math.max(0, names.length - MAX_FILES));
    await Promise.all(old.map((name) => rm(join(this.#path, name), { force: true })));
    return file;
  }
}
