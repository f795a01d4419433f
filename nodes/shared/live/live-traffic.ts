import { withoutForeignSecrets } from '../../../driver/recorder/foreign-secrets';
import type { DeviceApi } from '../device/device-api';
import type { LiveTraffic } from './live-answer';

/** Bytes of the recorder in one answer at most: reading them must not delay the event loop. */
const MAX_ANSWER_BYTES = 32 * 1024;

/** Reads the traffic of devices by position. Keeps nothing per view, so any number of views may ask. */
export class TrafficReader {
  readonly #runs = new WeakMap<DeviceApi, number>();
  #lastRun = 0;

  /**
   * Returns what a device recorded since a position; undefined where it records nothing.
   * @param run the {@link LiveTraffic.run} of the position
   * @param now milliseconds of the device's clock
   */
  read(device: DeviceApi, run: number, after: number, now: number): LiveTraffic | undefined {
    const { recorder } = device;
    if (!recorder) return undefined;
    const current = this.#runOf(device);
    const asked = run === current ? after : 0;
    const start = Math.max(asked, recorder.tail(MAX_ANSWER_BYTES));
    // All lines, not only those after `start`: a response that lists another program's header of 64 KiB begins long before.
    const recorded = recorder.lines();
    const lines = recorded.map(({ line }) => line);
    const clean = withoutForeignSecrets(lines, recorder.start > 0);
    const shown = clean.filter((_, index) => (recorded[index]?.next ?? 0) > start);
    return { run: current, now, next: recorder.end, skipped: start - asked, lines: shown };
  }

  #runOf(device: DeviceApi): number {
    const known = this.#runs.get(device) ?? ++this.#lastRun;
    this.#runs.set(device, known);
    return known;
  }
}
