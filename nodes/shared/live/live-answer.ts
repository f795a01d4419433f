import type { DeviceStateName, FirmwareClass } from '../../../driver/device/options';
import type { LinkStateName } from '../../../driver/link/events';
import type { RecordingLine } from '../../../driver/recorder/lines';

/** What the live view shows of a device. */
export interface LiveDevice {
  /** ID of its node. */
  readonly id: string;
  readonly name: string;
  readonly state: DeviceStateName;
  /** A sentence. */
  readonly error?: string;
  readonly firmware?: FirmwareClass;
  /** First line of `AT+GMR`. */
  readonly version?: string;
  readonly wifi?: LiveWifi;
  /** The three links; none while no device runs. */
  readonly links: readonly LiveLink[];
  /** Bytes over the port since the device was made. */
  readonly totals?: { readonly sentBytes: number; readonly receivedBytes: number };
  readonly queue?: { readonly messages: number; readonly bytes: number };
}

export interface LiveWifi {
  readonly ssid: string;
  /** dBm. */
  readonly signal: number;
}

export interface LiveLink {
  readonly state: LinkStateName;
  /** Host and port of its server; empty before the first open. */
  readonly host: string;
}

/** What passed a device's port since the last answer. */
export interface LiveTraffic {
  /** Another one for another device object, whose positions begin again. */
  readonly run: number;
  /** Milliseconds of the device's clock, which the lines go by. */
  readonly now: number;
  /** Position to ask from the next time. */
  readonly next: number;
  /** Bytes of the recorder that were left out before the lines: the view asks too seldom for them. */
  readonly skipped: number;
  readonly lines: readonly RecordingLine[];
}

/** What `GET /esp-at-websocket/live` answers. */
export interface LiveAnswer {
  readonly devices: readonly LiveDevice[];
  /** Of the device asked for, if it runs and records. */
  readonly traffic?: LiveTraffic;
}
