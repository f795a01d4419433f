import type { EventEmitter } from 'node:events';
import type { EspAtError } from '../errors';
import type { DeviceStateName } from './options';
import type { OutOfSyncCause, ResyncStep } from '../at/events';

/** A change of the device. */
export interface DeviceChange {
  /** State before. */
  readonly from: DeviceStateName;
  /** Equals `from` where only the error changes. */
  readonly to: DeviceStateName;
  /** See {@link DeviceState}. */
  readonly error?: EspAtError;
}

/**
 * A step of a resync, or of the recovery after a failed one, mildest first: `lineEnd` ends a corrupt line, `pad` fills a
 * pending prompt, `restart` sends `AT+RST`, `rtsReset` resets the device by RTS, `search` searches for the baud rate of
 * the device, `reopen` closes the port and opens it again.
 */
export type RecoveryStep = ResyncStep | 'rtsReset' | 'search' | 'reopen';

/** Change of the device's Wi-Fi: it has joined a network, got an address, or lost the network. */
export type WifiChange = 'joined' | 'address' | 'lost';

/** Events of a {@link Device} with their arguments. */
export interface DeviceEvents {
  /** {@link Device.state} has changed. */
  statechange: [DeviceChange];
  /**
   * A device that the driver had identified, or found unusable, has restarted: by itself, by {@link Device.restart}, or by
   * `AT+RST` in a recovery. Usually not emitted for a reset by RTS in a recovery.
   */
  restart: [];
  /** A response is lost or corrupt: the client resyncs. */
  outofsync: [OutOfSyncCause];
  /** The driver takes a step to get back in sync. */
  resyncstep: [RecoveryStep];
  /** In sync again: the resync, or the change of the baud rate that took its place, has succeeded. Not emitted where the driver initializes the device again instead. */
  insync: [];
  /** The device has joined its network, got an address, or lost the network. */
  wifi: [WifiChange];
  /** SNTP has set the device's clock. */
  clockset: [];
  /** Fill level of the send queues, 0 to 1, each time it rises to 0.25, 0.5, 0.75 or 1, or falls 1/16 below one of these. */
  sendqueue: [number];
  /** A failure that the driver tolerates, or after which it tries again. */
  warning: [EspAtError];
  /** A line that the driver does not know, without what may be secret. */
  unknownline: [string];
  /**
   * How many events of one name the device has omitted: it emits a burst of 20 of each name, then 2 a second. Comes with
   * the next event of that name, so that the last ones omitted may stay uncounted; for a `statechange` also without one,
   * where the state is back where it was. The device omits no `sendqueue`, and no other `statechange` than those between
   * `ready` and `resyncing`, and of the error of a ready device.
   */
  omitted: [{ readonly event: string; readonly count: number }];
}

/** @internal The device, for the parts that emit its events. */
export type DeviceEmitter = Pick<EventEmitter<DeviceEvents>, 'emit'>;
