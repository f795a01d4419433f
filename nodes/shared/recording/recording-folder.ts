import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeviceApi } from '../device/device-api';
import { NodeError } from '../errors/node-error';

/** Beyond this number, a save deletes the oldest recordings. */
const MAX_FILES = 10;
/** Names that {@link RecordingFolder.save} gives: it deletes no other file. */
const ownName = /^\d{4}-\d\d-\d\dT[\d-]+Z-.*\.jsonl$/;

/** The folder of saved recordings under Node-RED's own. */
export class RecordingFolder {
  readonly #userDir: string | undefined;

  /** @param userDir Node-RED's folder for the user's files; without one, every save fails */
  constructor(userDir: string | undefined) {
    this.#userDir = userDir;
  }

  /**
   * Saves what a device has recorded, and deletes the oldest files. Returns the path of the file.
   * @param label names the device in title and file
   * @param reason stands there, too
   * @throws NodeError `RECORDING_FAILED`
   */
  async save(device: Pick<DeviceApi, 'recording'>, label: string, reason: string): Promise<string> {
    try {
      if (this.#userDir === undefined) throw new Error('Node-RED has no user folder');
      const folder = join(this.#userDir, 'esp-at-recordings');
      const time = new Date().toISOString().replace(/[:.]/g, '-');
      const name = `${label}-${reason}`.replace(/[^\w.-]+/g, '-');
      const file = join(folder, `${time}-${name}.jsonl`);
      await mkdir(folder, { recursive: true });
      // It holds messages: only for the user that runs Node-RED.
      await writeFile(file, device.recording(`${label}: ${reason}`), { mode: 0o600 });
      const own = (await readdir(folder)).filter((each) => ownName.test(each)).sort();
      const old = own.slice(0, Math.max(0, own.length - MAX_FILES));
      await Promise.all(old.map((each) => rm(join(folder, each), { force: true })));
      return file;
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new NodeError('RECORDING_FAILED', { reason: said }, { cause });
    }
  }
}
