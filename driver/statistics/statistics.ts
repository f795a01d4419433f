import type { LinkId, OutOfSyncReason } from '../at/types';
import type { DeviceStateName, SendQueueLevel } from '../device/options';
import type { SendOutcome } from '../errors';
import type { LinkStateName } from '../link/events';

/** Messages, and the bytes of their payloads. */
export interface MessageCount {
  /** How many. */
  readonly messages: number;
  /** Bytes of their payloads together. */
  readonly bytes: number;
}

/** What a link has done since its device was made. */
export interface LinkStatistics {
  /** The link. */
  readonly link: LinkId;
  /** Milliseconds in each state. */
  readonly stateMs: Readonly<Record<LinkStateName, number>>;
  /** Times that it was opened, reconnects included. */
  readonly connections: number;
  /** Times that the device or keep-open has opened it again after a loss. */
  readonly reconnects: number;
  /** Messages received. */
  readonly received: MessageCount;
  /** Messages that the device has handed to the network. */
  readonly sent: MessageCount;
  /** Calls of {@link Link.send}, and requests, by the outcome of their message. */
  readonly outcomes: Readonly<Record<SendOutcome, number>>;
  /** Times that received data was lost, corrupt, incomplete or too large. */
  readonly dataLosses: number;
}

/** Bytes that passed the port: commands, responses and payloads. */
export interface PortBytes {
  /** Bytes received. */
  readonly received: number;
  /** Bytes written. */
  readonly sent: number;
  /** Times that the port was opened. */
  readonly opens: number;
}

/** The port as it is now. */
export interface PortStatistics extends PortBytes {
  /** Baud rate, in bits a second; undefined while the port is closed, and where it has none (TCP). */
  readonly baudRate: number | undefined;
  /** Whether RTS and CTS are in use. */
  readonly flowControl: boolean;
}

/** Faults of the line: the resyncs by their reason, and lines that the driver does not know. */
export type LineErrors = Readonly<Record<OutOfSyncReason | 'UNKNOWN_LINE', number>>;

/** What a device has done since it was made. */
export interface DeviceStatistics {
  /** Milliseconds since the device was made. */
  readonly forMs: number;
  /** Milliseconds in each state. */
  readonly stateMs: Readonly<Record<DeviceStateName, number>>;
  /** The port, and the bytes that passed it. */
  readonly port: PortStatistics;
  /** Times that the client had to resync. */
  readonly resyncs: number;
  /** Times that the device has restarted. */
  readonly restarts: number;
  /** Faults of the line. */
  readonly lineErrors: LineErrors;
  /** Messages that wait in the send queues now. */
  readonly sendQueue: SendQueueLevel;
  /** The links 0, 1 and 2. */
  readonly links: readonly LinkStatistics[];
}
