import { onTimeout, type Clock } from '../clock';
import { EspAtError } from '../errors';
import type { Availability, ReadyDevice } from './link-host';

/** Tells a link whether its device is ready, and lets operations wait until it is. */
export class DeviceWatch {
  readonly #clock: Clock;
  /** Checks of the waiting operations, called at each change. */
  readonly #checks = new Set<() => void>();
  /** Why the last device was lost; kept when another one is ready. */
  #lastReason = new EspAtError('DEVICE_NOT_READY', { state: 'stopped' });
  #availability: Availability = {
    kind: 'notReady',
    error: this.#lastReason,
    isFinal: true,
  };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The device from the moment it is ready until its loss; also while the client resyncs, unlike {@link whenReady}. */
  get current(): ReadyDevice | undefined {
    return this.#availability.kind === 'notReady' ? undefined : this.#availability.device;
  }

  /** @throws EspAtError why no device is ready */
  get required(): ReadyDevice {
    if (!this.current) throw this.#reason();
    return this.current;
  }

  /** The error `DEVICE_DISCONNECTED` while the user keeps the device disconnected; otherwise undefined. */
  get disconnected(): EspAtError | undefined {
    const availability = this.#availability;
    const error = availability.kind === 'notReady' ? availability.error : undefined;
    return error?.code === 'DEVICE_DISCONNECTED' ? error : undefined;
  }

  /** @throws EspAtError why this device was lost, even if another one is ready */
  throwIfLost(device: ReadyDevice): void {
    if (device !== this.current) throw this.#lastReason;
  }

  changed(availability: Availability): void {
    if (this.current && availability.kind === 'notReady') this.#lastReason = availability.error;
    this.#availability = availability;
    for (const check of [...this.#checks]) check();
  }

  /** Whether the device is ready, and the client does not resync. */
  get isInSync(): boolean {
    return this.#availability.kind === 'ready';
  }

  /** Time of the clock. */
  get now(): number {
    return this.#clock.now();
  }

  /**
   * Waits until the device is ready and in sync.
   * @param deadline time of the clock
   * @throws EspAtError why it is not ready: at the deadline, or at once where the device does not become ready by
   * itself; the reason of the abort
   */
  whenReady(deadline: number, signal: AbortSignal): Promise<ReadyDevice> {
    return new Promise((resolve, reject) => {
      const end = () => {
        cancel();
        this.#checks.delete(check);
        signal.removeEventListener('abort', abort);
      };
      const fail = (error: unknown) => {
        end();
        reject(error instanceof Error ? error : this.#reason());
      };
      const abort = () => fail(signal.reason);
      const check = () => {
        if (this.#availability.kind === 'ready') {
          end();
          resolve(this.#availability.device);
        } else if (this.#availability.kind === 'notReady' && this.#availability.isFinal)
          fail(this.#reason());
      };
      const left = Math.max(0, deadline - this.#clock.now());
      const cancel = onTimeout(this.#clock, left, () => fail(this.#reason()));
      signal.addEventListener('abort', abort, { once: true });
      this.#checks.add(check);
      if (signal.aborted) abort();
      else check();
    });
  }

  #reason(): EspAtError {
    if (this.#availability.kind === 'notReady') return this.#availability.error;
    return new EspAtError('DEVICE_NOT_READY', { state: this.#availability.kind });
  }
}
