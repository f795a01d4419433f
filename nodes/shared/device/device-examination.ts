import { examine, type DoctorReport, type PortOpener } from '../../../driver';
import type { DeviceApi } from './device-api';
import type { InOrder } from './in-order';

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
  readonly #portWork: InOrder;
  #underWay:
    { readonly report: Promise<DoctorReport>; readonly controller: AbortController } | undefined;

  /**
   * @param examinee throws a FlowError that says why no device runs
   * @param portWork what else needs the port of the device
   */
  constructor(
    examinee: () => Examinee,
    isRunning: (device: DeviceApi) => boolean,
    portWork: InOrder,
  ) {
    this.#examinee = examinee;
    this.#isRunning = isRunning;
    this.#portWork = portWork;
  }

  /**
   * Begins an examination, or waits for the one under way.
   * @throws FlowError why no device runs, or the reason of `abort()`
   */
  join(): Promise<DoctorReport> {
    if (this.#underWay) return this.#underWay.report;
    const controller = new AbortController();
    const report = this.#portWork
      .run(() => this.#examine(controller.signal))
      .finally(() => {
        this.#underWay = undefined;
      });
    this.#underWay = { report, controller };
    return report;
  }

  /** Ends the examination, and settles once the port is free. Never rejects. */
  async abort(reason: Error): Promise<void> {
    this.#underWay?.controller.abort(reason);
    while (this.#underWay) await this.#underWay.report.catch(() => undefined);
  }

  async #examine(signal: AbortSignal): Promise<DoctorReport> {
    signal.throwIfAborted();
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
