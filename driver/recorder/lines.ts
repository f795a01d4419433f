import type { LinkId } from '../at/types';
import type { DeviceStateName, PortMemory } from '../device/options';
import type { ErrorCode, SendOutcome } from '../errors';
import type { CloseOptions, OpenOptions, SendOptions } from '../link/options';

/** Options of an `open()` call as JSON: a delimiter is a text of one character a byte. */
export type RecordedOpen = Omit<OpenOptions, 'framing'> & {
  readonly framing?:
    | Exclude<OpenOptions['framing'], { by: 'delimiter' }>
    | { readonly by: 'delimiter'; readonly delimiter: string };
};

/** A message given to a link. */
interface SendLine {
  readonly call: number;
  readonly to: 'send';
  readonly link: LinkId;
  readonly options: Omit<SendOptions, 'signal'>;
  /** One character a byte. */
  readonly bytes: string;
  /** Number of further bytes, for which the recorder had no room. */
  readonly cut?: number;
}

/**
 * A call of the device, or of the doctor (`examine`). `text`: the command, or the URI of the doctor's echo server. `memory`:
 * of the port at a start, because an examination may have changed it.
 */
export interface DeviceCall {
  readonly to:
    | ('start' | 'stop' | 'disconnect' | 'restart')
    | ('checkLinks' | 'scanNetworks' | 'command' | 'examine');
  readonly text?: string | undefined;
  readonly memory?: PortMemory | undefined;
}

/** Baud rates of a port, in bits a second, see {@link PortOpener}. */
export interface PortRates {
  readonly rate?: number | undefined;
  readonly bridgedRate?: number | undefined;
}

/** The device uses another port when it opens one next, see {@link Device.usePort}. `before`: of the port until now. */
interface PortChange {
  readonly to: 'usePort';
  readonly before: PortRates;
  readonly rates: PortRates;
  readonly memory: PortMemory;
}

/** A call of a link, apart from messages. */
export type LinkCall = { readonly link: LinkId } & (
  | { readonly to: 'open'; readonly options: RecordedOpen }
  | { readonly to: 'close'; readonly options: Omit<CloseOptions, 'signal'> }
);

/** A call of the driver. */
export type CallLine =
  SendLine | ({ readonly call: number } & (DeviceCall | PortChange | LinkCall));

/** Whether an open port can set its rate, reset the device, read CTS, and use RTS and CTS. */
export interface PortAbilities {
  readonly setsRate: boolean;
  readonly resets: boolean;
  readonly readsCts?: boolean | undefined;
  readonly setsFlowControl?: boolean | undefined;
}

/** An event of the port, or the end of a call of it. */
export type PortEventLine =
  | ({ readonly port: 'opened' } & PortAbilities)
  | { readonly port: 'closed' | 'resetDone' | 'flowControlSet' }
  | { readonly port: 'ctsRead'; readonly active: boolean }
  | { readonly port: 'rateSet'; readonly rate: number }
  /** Bytes that the operating system has not taken yet. */
  | { readonly port: 'pending'; readonly bytes: number }
  /** `modemLineFailed`: `readCts` or `setFlowControl` has failed. */
  | {
      readonly port: 'failed' | 'lost' | 'resetFailed' | 'rateFailed' | 'modemLineFailed';
      readonly error: ErrorCode;
    };

/** A call of the port. */
export type PortCallLine =
  | { readonly port: 'opening' | 'closing' | 'reset' | 'readCts' }
  | { readonly port: 'setFlowControl'; readonly on: boolean }
  | { readonly port: 'setRate'; readonly rate: number };

/** An open link in a snapshot. */
export interface LinkSnapshot {
  readonly link: LinkId;
  readonly options: RecordedOpen;
}

/** The open port in a snapshot. */
export interface PortSnapshot extends PortAbilities {
  /** Bits a second; absent where the port has no rate. */
  readonly baudRate?: number | undefined;
  /** Whether it uses RTS and CTS. */
  readonly flowControl: boolean;
}

/** A ready device that runs nothing: a recording starts here where its beginning had no room. */
export interface SnapshotLine {
  readonly snapshot: 'ready';
  /** Milliseconds since the last regular check of the links. */
  readonly checkedMs: number;
  /** Index of the query that the next resync asks first. */
  readonly firstQuery: number;
  /** Absent in recordings of earlier versions. */
  readonly portState?: PortSnapshot | undefined;
  readonly links: readonly LinkSnapshot[];
}

/** What the driver emitted, or the end of a call. `detail`: words of the driver, without secrets. */
export type DriverEventLine =
  | ({ readonly error?: ErrorCode | undefined } & (
      | { readonly state: DeviceStateName }
      /** An event of the device, by its name. */
      | { readonly event: string; readonly detail?: string | undefined }
      /** An event of a link, by its name. */
      | { readonly linkEvent: string; readonly link: LinkId; readonly detail?: string | undefined }
      /** A call has ended. */
      | { readonly settled: number; readonly outcome?: SendOutcome | undefined }
    ))
  /** Messages that a link emitted since the line before, and their bytes together. */
  | { readonly messages: number; readonly bytes: number; readonly link: LinkId };

/** A line of a recording other than `host` and `device`, without its time. */
export type DriverLine =
  | CallLine
  /** The user has aborted a call. */
  | { readonly abort: number }
  | PortEventLine
  | PortCallLine
  | DriverEventLine
  /** A timer fires so many milliseconds late, because the event loop of the host was blocked. */
  | { readonly late: number }
  /** A random number for the driver. */
  | { readonly random: number }
  /** There was no room for a line with so many bytes. */
  | { readonly omitted: number }
  | SnapshotLine;

/** Bytes that passed the port, one character a byte. */
export type PortBytesLine = { readonly host: string } | { readonly device: string };

/**
 * A line of a recording behind its heading. `at`: milliseconds, in a file whole ones since the first line behind the
 * heading.
 */
export type RecordingLine = { readonly at: number } & (DriverLine | PortBytesLine);
