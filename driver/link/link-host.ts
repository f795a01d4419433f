import type { AtClient } from '../at/at-client';
import type { QueueLimit } from './send/queue-limit';
import type { Clock } from '../clock';
import type { DeviceRecorder } from '../recorder/device-recorder';
import type { EspAtError } from '../errors';
import type { HeaderMemory } from './headers';
import type { Capabilities } from '../commands/capabilities';

/** What a device provides to its links. */
export interface LinkHost {
  readonly clock: Clock;
  readonly random: () => number;
  readonly queueLimit: QueueLimit;
  readonly recorder: DeviceRecorder | undefined;
  /** Queries the states of the links (`AT+WSOPEN?`). */
  checkLinks(): void;
}

/** A device that is ready: the same object from then on until its loss. */
export interface ReadyDevice {
  readonly client: AtClient;
  readonly capabilities: Capabilities;
  readonly headers: HeaderMemory;
  /** Resolves once the device knows the time, which it needs to verify servers. @throws EspAtError `CLOCK_NOT_SET` … */
  clockSet(): Promise<void>;
}

/** State of the device, for its links. */
export type Availability =
  | {
      /** `resyncing`: links stay open; their commands wait for `ready`. */
      readonly kind: 'ready' | 'resyncing';
      readonly device: ReadyDevice;
    }
  | {
      readonly kind: 'notReady';
      /** At the loss: its reason (`DEVICE_RESTARTED`, `PORT_LOST` …). Later: the error of the device's state. */
      readonly error: EspAtError;
      /** Whether the device is stopped, disconnected or unusable, and does not become ready by itself. */
      readonly isFinal: boolean;
    };
