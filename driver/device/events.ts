import type { EventEmitter } from 'node:events';
import type { OutOfSyncCause, ResyncStep } from '../at/types';
import type { EspAtError } from '../errors';
import type { DeviceStateName } from './options';

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
 * A step of a resync, or of the recovery of a device that did not answer to it, mildest first: `lineEnd` ends a corrupt
 * line, `pad` fills a pending prompt, `restart` sends `AT+RST`, `rtsReset` resets the device by RTS, `search` searches for
 * the baud rate of the device, `reopen` closes the port and opens it again.
 */
export type RecoveryStep = ResyncStep | 'rtsReset' | 'search' | 'reopen';

/** Change of the device's Wi-Fi: it has joined a network, got an address, or lost the network. */
export type WifiChange = 'joined' | 'address' | 'lost';

/** Events of a {@link Device} with their arguments. */
export interface DeviceEvents {
  /** {@link Device.state} has changed. */
  statechange: [DeviceChange];
  /** The device has restarted by itself. */
  restart: [];
  /** A response is lost or corrupt: the client resyncs. */
  outofsync: [OutOfSyncCause];
  /** The driver takes a step to get back in sync. */
  resyncstep: [RecoveryStep];
  /** The resync has succeeded. */
  insync: [];
  /** The device has joined its network, got an address, or lost the network. */
  wifi: [WifiChange];
  /** SNTP has set the device's clock. */
  clockset: [];
  /** Fill level of the send queue, 0 to 1, when it reaches a quarter, and when it has clearly left it. */
  sendqueue: [number];
  /** A failure that the driver tolerates, or retries. */
  warning: [EspAtError];
  /** A line that the driver does not know, without anything that may be secret. */
  unknownline: [string];
  /** The driver has omitted events of one name: more came than 20 at once, and 2 a second. */
  omitted: [{ readonly event: string; readonly count: number }];
}

/** @internal The device, for the parts that emit its events. */
export type DeviceEmitter = Pick<EventEmitter<DeviceEvents>, 'emit'>;
