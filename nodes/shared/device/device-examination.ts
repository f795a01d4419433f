import {
  examine,
  type Clock,
  type DoctorReport,
  type PortMemory,
  type PortOpener,
} from '../../../driver';
import { waitFor } from '../../../driver/wait';
import type { DeviceApi } from './device-api';

interface ExaminedHost {
  readonly clock: Clock;
  /** The device that runs, if one does. */
  readonly runningDevice: DeviceApi | undefined;
}

/** Examines a device, whose links close. Keep-open opens them again afterwards. One examination at a time. */
export class DeviceExamination {
  readonly #host: ExaminedHost;
  #underWay:
    { readonly report: Promise<DoctorReport>; readonly controller: AbortController } | undefined;

  constructor(host: ExaminedHost) {
    this.#host = host;
  }

  /**
   * Begins an examination.
   * @param opener of the device's port
   * @param memory of the device's port
   * @param controller aborts it, here and in {@link abort}
   * @throws the reason of the abort
   */
  begin(
    device: DeviceApi,
    opener: PortOpener,
    memory: PortMemory,
    controller: AbortController,
  ): Promise<DoctorReport> {
    const { signal } = controller;
    const report = this.#examine(device, opener, memory, signal).finally(() => {
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
    memory: PortMemory,
    signal: AbortSignal,
  ): Promise<DoctorReport> {
    signal.throwIfAborted();
    const wasDisconnected = device.state.name === 'disconnected';
    try {
      await waitFor(device.disconnect(), { signal });
      return await examine(opener, { signal, clock: this.#host.clock, memory });
    } finally {
      if (!wasDisconnected && this.#host.runningDevice === device) device.start();
    }
  }
}
