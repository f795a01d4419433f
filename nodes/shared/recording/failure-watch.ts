import type { Cancel, Clock } from '../../../driver/clock';
import type { DeviceChange } from '../../../driver/device/events';
import type { DeviceStateName } from '../../../driver/device/options';
import type { DeviceApi } from '../device/device-api';
import type { DeviceUser } from '../device/device-host-options';

/** Milliseconds. The driver guarantees that it restarts a hanging device within this time (docs/guarantees.md). */
const RECOVERY_LIMIT_MS = 90_000;

/**
 * Why a recording is worth keeping. `resync-failed`: the client did not get back in sync · `unresponsive`: a device that
 * was ready answers no more · `late`: the device was not ready again within RECOVERY_LIMIT_MS.
 */
export type Failure = 'resync-failed' | 'unresponsive' | 'late';

/** `waiting`: for the device to be ready. Reports at most one failure until then. */
type WatchState =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'recovering'; readonly cancel: Cancel };

/** Watches a device for failures of which a recording should be kept. */
export class FailureWatch implements DeviceUser {
  readonly #clock: Clock;
  readonly #failed: (device: DeviceApi, failure: Failure) => void;
  #state: WatchState = { kind: 'waiting' };
  #stopListening: (() => void) | undefined;

  /** @param failed called once for each failure */
  constructor(clock: Clock, failed: (device: DeviceApi, failure: Failure) => void) {
    this.#clock = clock;
    this.#failed = failed;
  }

  deviceChanged(device: DeviceApi | undefined): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    this.#become({ kind: 'waiting' });
    if (!device) return;
    if (device.state.name === 'ready') this.#become({ kind: 'ready' });
    const onChange = (change: DeviceChange) => this.#changed(device, change);
    device.on('statechange', onChange);
    this.#stopListening = () => device.off('statechange', onChange);
  }

  #changed(device: DeviceApi, { from, to, error }: DeviceChange): void {
    const fail = (failure: Failure) => {
      this.#become({ kind: 'waiting' });
      this.#failed(device, failure);
    };
    if (to === 'ready') return this.#become({ kind: 'ready' });
    if (this.#state.kind === 'waiting') return;
    if (error?.code === 'DEVICE_UNRESPONSIVE')
      return fail(from === 'resyncing' ? 'resync-failed' : 'unresponsive');
    if (isWithoutPort(to)) return this.#become({ kind: 'waiting' });
    if (this.#state.kind === 'ready')
      this.#become({
        kind: 'recovering',
        cancel: this.#clock.after(RECOVERY_LIMIT_MS, () => fail('late')),
      });
  }

  #become(state: WatchState): void {
    if (this.#state.kind === 'recovering') this.#state.cancel();
    this.#state = state;
  }
}

/** The driver has no port to recover on: a user has freed it, or pulled the cable. */
function isWithoutPort(name: DeviceStateName): boolean {
  return name === 'stopped' || name === 'disconnected' || name === 'absent';
}
