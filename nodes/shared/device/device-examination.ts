import { examine, type DoctorReport, type PortOpener } from '../../../driver';
import type { DeviceApi } from './device-api';

/** Examines a device, whose links pause meanwhile. One examination at a time. */
export class DeviceExamination {
  readonly #isRunning: (device: DeviceApi) => boolean;
  #underWay:
    { readonly report: Promise<DoctorReport>; readonly controller: AbortController } | undefined;

  constructor(isRunning: (device: DeviceApi) => boolean) {
    this.#isRunning = isRunning;
  }

  /**
   * Begins an examination.
   * @param opener of the device's port
   * @throws the reason of `abort()`
   */
  begin(device: DeviceApi, opener: PortOpener): Promise<DoctorReport> {
    const controller = new AbortController();
    const report = this.#examine(device, opener, controller.signal).finally(() => {
      this.#underWay = undefined;
    });
    this.#underWay = { report, controller };
    return report;
  }

  /** Ends the examination, and settles once the port is free. Never rejects. */
  async abort(reason: Error): Promise<void> {
    this.#underWay?.controller.abort(reason);
    await this.#underWay?.report.catch(() => undefined);
  }

  async #examine(
    device: DeviceApi,
    opener: PortOpener,
    signal: AbortSignal,
  ): Promise<DoctorReport> {
    const wasDisconnected = device.state.name === 'disconnected';
    await device.disconnect();
    try {
      return await examine(opener, { signal });
    } finally {
      if (!wasDisconnected && this.#isRunning(device)) device.start();
    }
  }
}
