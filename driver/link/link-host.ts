import type { AtClient } from '../at/at-client';
import type { HighWaterMark } from './high-water-mark';
import type { Clock } from '../clock';
import type { Capabilities } from '../device/options';
import type { EspAtError } from '../errors';
import type { HeaderMemory } from './headers';
import type { LinkEvent, Message } from './options';

/** What a link needs of its device. */
export interface LinkHost {
  readonly clock: Clock;
  readonly random: () => number;
  readonly highWaterMark: HighWaterMark;
  /** Has the device asked for the states of its links. */
  ask(): void;
  event(event: LinkEvent): void;
  message(message: Message): void;
  /** Something works, but not as its user may believe. */
  warn(error: EspAtError): void;
}

/** A device that is ready: the same object until its next loss. */
export interface ReadyDevice {
  readonly client: AtClient;
  readonly capabilities: Capabilities;
  readonly headers: HeaderMemory;
  /** Settles once the device knows the time, which it needs to verify servers; rejects with `CLOCK_NOT_SET` …. */
  clockSet(): Promise<void>;
}

/** What a device is to its links. */
export type Availability =
  | {
      /** `resyncing`: in use, but nothing new is begun until it is `ready` again. */
      readonly kind: 'ready' | 'resyncing';
      readonly device: ReadyDevice;
    }
  | {
      readonly kind: 'notReady';
      /** Why: first the reason of a loss (`DEVICE_RESTARTED`, `PORT_LOST` …), later what the device's status says. */
      readonly error: EspAtError;
      /** Whether it does not become ready by itself: it was stopped, or is unusable. */
      readonly isFinal: boolean;
    };
