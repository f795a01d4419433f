import { examine, type DoctorReport, type PortOpener } from '../../../driver';
import type { DeviceApi } from './device-api';

/** What to examine. */
interface Examinee {
  readonly device: DeviceApi;
  /** Of the device's port. */
  readonly opener: PortOpener;
}

/** Examines a device, whose links pause meanwhile. */
export class DeviceExamination {
  readonly #examinee: () => Examinee;
  readonly #isRunning: (device: DeviceApi) => boolean;
  #underWay:
    { readonly report: Promise<DoctorReport>; readonly controller: AbortController } | undefined;

  /** @param examinee throws a FlowError that says why no device runs */
  constructor(examinee: () => Examinee, isRunning: (device: DeviceApi) => boolean) {
    this.#examinee = examinee;
    this.#isRunning = isRunning;
  }

  /**
   * Begins an examination, or waits for the one under way.
   * @throws FlowError why no device runs, or the reason of `abort()`
   */
  join(): Promise<DoctorReport> {
    if (this.#underWay) return this.#underWay.report;
    const controller = new AbortController();
    const report = this.#examine(controller.signal).finally(() => {
      this.#underWay = undefined;
    });
    this.#underWay = { report, controller };
    return report;
  }

  /** Settles once no examination has the port. Never rejects. */
  async ended(): Promise<void> {
    while (this.#underWay) await this.#underWay.report.catch(() => undefined);
  }

  /** Ends the examination, and settles once the port is free. */
  abort(reason: Error): Promise<void> {
    this.#underWay?.controller.abort(reason);
    return this.ended();
  }

  async #examine(signal: AbortSignal): Promise<DoctorReport> {
    const { device, opener } = this.#examinee();
    const wasDisconnected = device.state.name === 'disconnected';
    await device.disconnect();
    try {
      return await examine(opener, { signal });
    } finally {
      if (!wasDisconnected && this.#isRunning(device)) device.start();
    }
  }
}
