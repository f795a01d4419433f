import type { LinkId } from '../../../driver/at/types';
import type { Clock } from '../../../driver/clock';
import type { DeviceState, PortMemory } from '../../../driver/device/options';
import type { PortOpener } from '../../../driver/port/port';
import type { FlowError } from '../errors/node-error';
import type { RecordingFolder } from '../recording/recording-folder';
import type { DeviceApi } from './device-api';
import type { FlowLinkEvent } from './flow-events';
import type { PortClaims } from './port-claims';

/** A node that uses a device. */
export interface DeviceUser {
  /**
   * Called by `attach()`, or later when the port is granted or denied, and whenever the device starts or stops: with the
   * device that runs, or without one. The user adds its listeners to a device, and removes those it had on the one before.
   */
  deviceChanged(device: DeviceApi | undefined): void;
  /** The node that had a link open has ended, and no other one has opened the link since. */
  linkReleased?(link: LinkId): void;
  /** A node has taken over a link that another node had open: no event of the driver tells that. */
  linkTakenOver?(event: FlowLinkEvent): void;
  /** A recording of the device was saved. @param file its path */
  recordingSaved?(file: string): void;
}

/** Opens ports by address, with the settings of a device. */
export interface DevicePorts {
  /** What the driver remembers about the port of an address. */
  memory(address: string): PortMemory;
  /** @throws EspAtError `INVALID_PORT`, `INVALID_SETTING` */
  opener(address: string): PortOpener;
}

export interface DeviceHostOptions {
  /** What messages call the device, see `labelOf()`. */
  readonly label: string;
  /** The port as the user wrote it. */
  readonly address: string;
  readonly claims: PortClaims;
  readonly clock: Clock;
  readonly ports: DevicePorts;
  /** @throws EspAtError when no device can be made of the settings */
  readonly make: (address: string) => DeviceApi;
  /** Where recordings are saved. */
  readonly recordings: RecordingFolder;
  /** Hear of the device as its users do, but do not keep it running. */
  readonly followers: readonly DeviceUser[];
}

/** The state of the driver's device. Without one: `absent` with the reason why, or `stopped`. */
export type HostedState = Omit<DeviceState, 'error'> & { readonly error?: FlowError };
