import type { DeviceTime } from './device-time';
import type { Firmware } from './firmware';
import type { Flash } from './flash';
import type { Hooks } from './hooks';
import type { Output } from './output';
import type { Settings } from './settings';
import type { Station } from '../wifi/station';
import type { TimeSync } from './time-sync';
import type { Uart } from '../serial/uart';
import type { Links } from '../websocket/links';

/** The parts of a device that commands work on. */
export interface Board {
  readonly firmware: Firmware;
  readonly settings: Settings;
  readonly output: Output;
  readonly uart: Uart;
  readonly flash: Flash;
  readonly time: DeviceTime;
  readonly timeSync: TimeSync;
  readonly station: Station;
  readonly links: Links;
  readonly hooks: Hooks;
  /** Restarts the device 25 ms from now, as a crash does. */
  readonly crash: () => void;
  /** Restarts the device 25 ms after its output has left. Waits 3 s for that at most; the restart drops the rest. */
  readonly restartWhenSent: () => void;
  /** Restores the factory's Wi-Fi settings, then restarts like {@link restartWhenSent}. */
  readonly restore: () => void;
}
