import type { DeviceStateName } from '../../../driver/device/options';
import type { LinkStateName } from '../../../driver/link/events';
import type { RecordingLine } from '../../../driver/recorder/lines';
import type { CodedError } from '../errors/sentence';
import type { FirmwareClass } from '../../../driver/commands/capabilities';

/** What the live view shows of a device. */
export interface LiveDevice {
  /** ID of its node. */
  readonly id: string;
  readonly name: string;
  readonly state: DeviceStateName;
  /** Why it cannot work. */
  readonly error?: CodedError;
  readonly firmware?: FirmwareClass;
  /** First line of `AT+GMR`. */
  readonly version?: string;
  readonly wifi?: LiveWifi;
  /** The three links; none while no device runs. */
  readonly links: readonly LiveLink[];
  readonly counts?: LiveCounts;
}

/** Statistics of a running device, since the driver made it. */
export interface LiveCounts {
  /** Baud rate; absent while the port is closed, and where it has none. */
  readonly rate?: number;
  /** Bytes over the port. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Messages that wait to be sent. */
  readonly queue: number;
  readonly counters: Readonly<Record<CounterName, number>>;
}

/** Counters, in the order in which the view shows them. */
export const counterNames = [
  'sent',
  'received',
  'notSent',
  'unknown',
  'dataLosses',
  'connections',
  'reconnects',
  'resyncs',
  'portErrors',
  'restarts',
  'portOpens',
] as const;

type CounterName = (typeof counterNames)[number];

export interface LiveWifi {
  readonly ssid: string;
  /** dBm. */
  readonly signal: number;
}

interface LiveLink {
  readonly state: LinkStateName;
  /** Host and port of its server; empty before the first open(). */
  readonly host: string;
}

/** What passed a device's port since the last answer. */
export interface LiveTraffic {
  /** Number of the driver's device object. A new object has a new number, and its positions begin again at 0. */
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
