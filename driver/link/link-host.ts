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
  readonly budget: HighWaterMark;
  /** Settles when links can be opened; rejects with `DEVICE_NOT_READY` or its reason. */
  ready(patience: number): Promise<void>;
  /** Has the device asked for the states of its links. */
  ask(): void;
  event(event: LinkEvent): void;
  message(message: Message): void;
  /** Something works, but not as its user may believe. */
  warn(error: EspAtError): void;
}

/** The device while it is ready. */
export interface Attachment {
  readonly session: AtClient;
  readonly capabilities: Capabilities;
  readonly headers: HeaderMemory;
  /** Settles once the device knows the time, which it needs to verify servers; rejects with `CLOCK_NOT_SET` …. */
  clockSet(): Promise<void>;
}
