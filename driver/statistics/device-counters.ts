import type { Clock } from '../clock';
import type { DeviceStateName } from '../device/options';
import { StateTimes } from './state-times';
import type { DeviceStatistics, PortCounters } from './statistics';
import type { OutOfSyncReason } from '../at/events';

const ZERO_TIMES: Readonly<Record<DeviceStateName, number>> = {
  stopped: 0,
  disconnected: 0,
  absent: 0,
  initializing: 0,
  ready: 0,
  resyncing: 0,
  unusable: 0,
};

/** Counts the events of a device and its port. */
export class DeviceCounters {
  readonly #clock: Clock;
  readonly #since: number;
  readonly #times: StateTimes<DeviceStateName>;
  readonly #port = { received: 0, sent: 0, opens: 0 };
  readonly #portErrors: Record<OutOfSyncReason | 'UNKNOWN_LINE', number> = {
    NO_RESPONSE: 0,
    UNEXPECTED_RESPONSE: 0,
    UNEXPLAINED_ERROR: 0,
    CORRUPT_PAYLOAD: 0,
    CORRUPT_DATA: 0,
    CORRUPT_LINE: 0,
    WRONG_RATE: 0,
    UNKNOWN_LINE: 0,
  };
  #resyncs = 0;
  #restarts = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#since = Math.round(clock.now());
    this.#times = new StateTimes<DeviceStateName>(clock, ZERO_TIMES, 'stopped');
  }

  entered(name: DeviceStateName): void {
    this.#times.enter(name);
  }

  portOpened(): void {
    this.#port.opens++;
  }

  received(bytes: number): void {
    this.#port.received += bytes;
  }

  sent(bytes: number): void {
    this.#port.sent += bytes;
  }

  outOfSync(reason: OutOfSyncReason): void {
    this.#resyncs++;
    this.#portErrors[reason]++;
  }

  unknownLine(): void {
    this.#portErrors.UNKNOWN_LINE++;
  }

  restarted(): void {
    this.#restarts++;
  }

  get statistics(): Omit<DeviceStatistics, 'port' | 'sendQueue' | 'links'> & {
    readonly port: PortCounters;
  } {
    return {
      forMs: Math.round(this.#clock.now()) - this.#since,
      stateMs: this.#times.all,
      port: { ...this.#port },
      resyncs: this.#resyncs,
      restarts: this.#restarts,
      portErrors: { ...this.#portErrors },
    };
  }
}
