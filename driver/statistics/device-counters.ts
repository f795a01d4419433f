import type { Clock } from '../clock';
import type { DeviceStateName } from '../device/options';
import { StateTimes } from './state-times';
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
  readonly times: StateTimes<DeviceStateName>;
  readonly port = { received: 0, sent: 0, opens: 0 };
  readonly portErrors: Record<OutOfSyncReason | 'UNKNOWN_LINE', number> = {
    NO_RESPONSE: 0,
    UNEXPECTED_RESPONSE: 0,
    UNEXPLAINED_ERROR: 0,
    CORRUPT_PAYLOAD: 0,
    CORRUPT_DATA: 0,
    CORRUPT_LINE: 0,
    WRONG_RATE: 0,
    UNKNOWN_LINE: 0,
  };
  restarts = 0;

  constructor(clock: Clock) {
    this.times = new StateTimes<DeviceStateName>(clock, ZERO_TIMES, 'stopped');
  }

  get statistics() {
    const stateMs = this.times.all;
    return {
      forMs: sum(stateMs),
      stateMs,
      port: { ...this.port },
      resyncs: sum(this.portErrors) - this.portErrors.UNKNOWN_LINE,
      restarts: this.restarts,
      portErrors: { ...this.portErrors },
    };
  }
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);
