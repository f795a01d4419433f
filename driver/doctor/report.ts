import type { FlowControl } from '../commands/uart';
import type { Finding } from './findings';
import type { FirmwareClass } from '../commands/capabilities';

/** Steps of an examination, in order. */
export type DoctorStep =
  'port' | 'rate' | 'firmware' | 'network' | 'wiring' | 'certificates' | 'bestRate' | 'echoServer';

/** Facts about the device; an absent field is unknown. */
export interface DoctorFacts {
  /** The port as the user wrote it. */
  port: string;
  /** Bits a second at which the device answers; behind a bridge, the baud rate that the options declare. */
  baudRate?: number | undefined;
  /** Handshake lines that the device uses. */
  flowControl?: FlowControl;
  /** Whether CTS of the port is active while the device drives RTS: then most likely both are wired. */
  rtsCtsWired?: boolean;
  /** Whether the device echoes commands. */
  commandEcho?: boolean;
  /** Class of the firmware. */
  firmware?: FirmwareClass;
  /** AT version, such as `4.2.0.0-dev`; the first line of `AT+GMR` where that has another form. */
  version?: string;
  /** Module that the firmware is built for. */
  module?: string;
  /** SSID of the network that the device has joined. */
  ssid?: string;
  /** Its signal, in dBm. */
  signal?: number;
  /** IPv4 address of the device. */
  address?: string;
  /** Local time of the device, as ISO 8601 without a zone. */
  time?: string;
  /** Slots that hold a CA or a client certificate, such as `wss_ca.0`. */
  certificates?: readonly string[];
  /** Milliseconds from `AT` to its `OK`: the median. */
  roundTripMs?: number;
  /** Test lines that came back corrupt. */
  corruptLines?: number;
  /** All test lines. */
  testLines?: number;
  /** Highest baud rate at which data passes uncorrupted, in bits a second. */
  bestBaudRate?: number | undefined;
  /** Milliseconds from a message to its echo from the server. */
  echoServerMs?: number;
}

/** Result of an examination. */
export interface DoctorReport {
  /** Whether there is neither an error nor a warning. */
  readonly ok: boolean;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** Facts about the device. */
  readonly facts: Readonly<DoctorFacts>;
}
