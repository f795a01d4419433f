import type { LinkId } from '../at/types';
import type { DeviceStateName, SendQueueLevel } from '../device/options';
import type { SendOutcome } from '../errors';
import type { LinkStateName } from '../link/events';
import type { OutOfSyncReason } from '../at/events';

/** Messages, and the bytes of their payloads. */
export interface MessageCount {
  /** Number of messages. */
  readonly messages: number;
  /** Bytes of their payloads together. */
  readonly bytes: number;
}

/** Counters of a link since the constructor of its device. */
export interface LinkStatistics {
  /** The link. */
  readonly link: LinkId;
  /** Milliseconds in each state. */
  readonly stateMs: Readonly<Record<LinkStateName, number>>;
  /** Number of connections, reconnects included. */
  readonly connections: number;
  /** Number of times that the device, keep-open, or the driver's reconnect has opened it again. */
  readonly reconnects: number;
  /** Messages received. */
  readonly received: MessageCount;
  /** Messages that the device has handed to the network. */
  readonly sent: MessageCount;
  /** Calls of {@link Link.send}, and requests, by the outcome of their message. */
  readonly outcomes: Readonly<Record<SendOutcome, number>>;
  /**
   * Number of times that received data was lost, corrupt, incomplete or too large. On classes A and B one loss may count
   * twice: when it happens, and after the link has emitted the messages that it held back at that time.
   */
  readonly dataLosses: number;
}

/** Counters of the port: bytes of commands, responses and payloads, and how often it was opened. */
export interface PortCounters {
  /** Bytes received. */
  readonly received: number;
  /** Bytes written. */
  readonly sent: number;
  /** How often the port was opened. */
  readonly opens: number;
}

/** The port as it is now. */
export interface PortStatistics extends PortCounters {
  /** Baud rate, in bits a second; undefined while the port is closed, and where it has none (TCP). */
  readonly baudRate: number | undefined;
  /** Whether RTS and CTS are in use. */
  readonly flowControl: boolean;
}

/** Faults on the port: resyncs by their reason, and unknown lines. */
export type PortErrors = Readonly<Record<OutOfSyncReason | 'UNKNOWN_LINE', number>>;

/** Counters of a device since its constructor. */
export interface DeviceStatistics {
  /** Milliseconds since the constructor. */
  readonly forMs: number;
  /** Milliseconds in each state. */
  readonly stateMs: Readonly<Record<DeviceStateName, number>>;
  /** The port, and the bytes that passed it. */
  readonly port: PortStatistics;
  /** Number of resyncs. */
  readonly resyncs: number;
  /** Number of restarts: those that the event `restart` reports, and those that a flood omits. */
  readonly restarts: number;
  /** Faults on the port. */
  readonly portErrors: PortErrors;
  /** Messages that wait in the send queues now. */
  readonly sendQueue: SendQueueLevel;
  /** The links 0, 1 and 2. */
  readonly links: readonly LinkStatistics[];
}
