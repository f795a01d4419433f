import type { FlowControl } from '../commands/uart';
import type { FirmwareClass } from '../device/options';
import type { Finding } from './findings';

/** Steps of an examination, in order. */
export type DoctorStep =
  'port' | 'rate' | 'firmware' | 'network' | 'certificates' | 'line' | 'bestRate' | 'echo';

/** What an examination has learned of the device; a field is absent where it is unknown. */
export interface DoctorFacts {
  /** The port as the user wrote it. */
  port: string;
  /** Baud rate at which the device answers, in bits a second. */
  baudRate?: number | undefined;
  /** Handshake lines that the device uses. */
  flowControl?: FlowControl;
  /** Whether CTS of the port is active: RTS and CTS are wired. */
  rtsCtsWired?: boolean;
  /** Whether the device echoes commands. */
  echo?: boolean;
  /** Class of the firmware. */
  firmware?: FirmwareClass;
  /** `AT+GMR`: its first line. */
  version?: string;
  /** The module that the firmware was built for. */
  module?: string;
  /** The network that the device has joined. */
  ssid?: string;
  /** Its signal, in dBm. */
  signal?: number;
  /** IPv4 address of the device. */
  address?: string;
  /** Time of the device, local, as ISO 8601 without a zone. */
  time?: string;
  /** Slots that hold a CA or a client certificate, such as `wss_ca.0`. */
  certificates?: readonly string[];
  /** Milliseconds from `AT` to its `OK`: the median. */
  roundTripMs?: number;
  /** Test lines that came back corrupt. */
  corruptLines?: number;
  /** All test lines. */
  testLines?: number;
  /** Highest baud rate at which data passes without a fault, in bits a second. */
  bestBaudRate?: number | undefined;
  /** Milliseconds from a message to its echo from the server. */
  echoMs?: number;
}

/** Result of an examination. */
export interface DoctorReport {
  /** Whether there is neither an error nor a warning. */
  readonly ok: boolean;
  /** Worst first. */
  readonly findings: readonly Finding[];
  /** What was learned. */
  readonly facts: Readonly<DoctorFacts>;
}
