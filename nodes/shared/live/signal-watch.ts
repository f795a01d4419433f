import type { Clock } from '../../../driver/clock';
import { parseCwjap } from '../../../driver/commands/wifi';
import type { DeviceApi } from '../device/device-api';
import type { LiveWifi } from './live-answer';

/** Between two questions to a device, while a live view is open. */
const ASK_INTERVAL_MS = 30_000;

interface Known {
  readonly askedAt: number;
  readonly wifi?: LiveWifi;
}

/** Asks devices for their network and its signal, while a live view looks at them and nothing waits to be sent. */
export class SignalWatch {
  readonly #known = new WeakMap<DeviceApi, Known>();

  /**
   * Returns what the device has said last, and asks it again when that is old: a later call returns the answer.
   * @param isFree whether the device is ready and nothing waits to be sent
   */
  latest(isFree: boolean, clock: Clock, device: DeviceApi): LiveWifi | undefined {
    const known = this.#known.get(device);
    const isOld = clock.now() - (known?.askedAt ?? -Infinity) >= ASK_INTERVAL_MS;
    if (isFree && isOld) void this.#ask(device, clock, known?.wifi);
    return known?.wifi;
  }

  async #ask(device: DeviceApi, clock: Clock, before: LiveWifi | undefined): Promise<void> {
    const askedAt = clock.now();
    this.#known.set(device, { askedAt, ...(before && { wifi: before }) });
    try {
      const joined = parseCwjap(await device.command('AT+CWJAP?'));
      const wifi = joined && { ssid: joined.ssid, signal: joined.signal };
      this.#known.set(device, { askedAt, ...(wifi && { wifi }) });
    } catch {
      // The device was lost meanwhile, which its state shows.
    }
  }
}
