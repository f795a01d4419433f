import type { DeviceApi } from '../device/device-api';
import { NodeError } from '../errors/node-error';
import type { RecordingFolder } from './recording-folder';

/** Saves what a device has recorded. */
export class DeviceRecordings {
  readonly #label: string;
  readonly #folder: RecordingFolder | undefined;

  /** @param label names the device in titles and files @param folder undefined without a user folder */
  constructor(label: string, folder: RecordingFolder | undefined) {
    this.#label = label;
    this.#folder = folder;
  }

  /**
   * Returns the path of the file.
   * @param reason for its name and its title
   * @throws NodeError `RECORDING_FAILED`
   */
  async save(device: DeviceApi, reason: string): Promise<string> {
    try {
      if (!this.#folder) throw new Error('Node-RED has no user folder');
      const recording = device.recording(`${this.#label}: ${reason}`);
      return await this.#folder.save(`${this.#label}-${reason}`, recording);
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new NodeError('RECORDING_FAILED', { reason: said }, { cause });
    }
  }
}
