import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../../driver/message-of';
import type { DeviceApi } from '../device/device-api';
import { NodeError } from '../errors/node-error';

/** Beyond this number, a save deletes the oldest recordings. */
const MAX_FILES = 10;
/** Characters of a device's name in the name of a file: file systems take 255 bytes in all. */
const MAX_LABEL_CHARACTERS = 100;
/** Names that {@link RecordingFolder.save} gives: it deletes no other file. */
const ownName = /^\d{4}-\d\d-\d\dT[\d-]+Z-.*\.jsonl$/;

/** The folder of saved recordings under Node-RED's own. */
export class RecordingFolder {
  readonly #userDir: string | undefined;
  /** Files of this process, the oldest first: after a jump of the host's clock their names do not tell their order. */
  #saved: string[] = [];

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
      const safe = `${label.slice(0, MAX_LABEL_CHARACTERS)}-${reason}`.replace(/[^\w.-]+/g, '-');
      const name = `${time}-${safe}.jsonl`;
      const file = join(folder, name);
      await mkdir(folder, { recursive: true });
      // It holds messages: only for the user that runs Node-RED.
      await writeFile(file, device.recording(`${label}: ${reason}`), { mode: 0o600 });
      this.#saved = [...this.#saved, name].slice(-MAX_FILES);
      const own = (await readdir(folder)).filter((each) => ownName.test(each));
      const order = (each: string) => this.#saved.indexOf(each);
      const newest = own
        .sort()
        .sort((one, other) => order(one) - order(other))
        .slice(-MAX_FILES);
      const old = own.filter((each) => !newest.includes(each));
      await Promise.all(old.map((each) => rm(join(folder, each), { force: true })));
      return file;
    } catch (cause) {
      const said = messageOf(cause);
      throw new NodeError('RECORDING_FAILED', { reason: said }, { cause });
    }
  }
}
