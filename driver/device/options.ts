import type { Clock } from '../clock';
import type { EspAtError } from '../errors';
import type { PortOpener } from '../port/port';

/** ESP-AT firmware by what it can do, see {@link Capabilities}. */
export type FirmwareClass = 'A' | 'B' | 'C' | 'D';

/** What the firmware was found to be able to do. */
export interface Capabilities {
  readonly firmware: FirmwareClass;
  /** First line of `AT+GMR`, for people; never decides anything. */
  readonly version: string;
  /** `AT+WSHEAD` (B, C, D). */
  readonly headers: boolean;
  /** `AT+WSCFG` takes auth_mode and certificate slots (C, D). */
  readonly authentication: boolean;
  /** Long data format, `fin`, empty messages (D). */
  readonly fragments: boolean;
  /** Largest `AT+WSSEND`, in bytes: 8192 (A-C) or 16384 (D). */
  readonly maxSend: number;
  /**
   * Whether a message longer than the link's buffer goes out wrongly framed (v4.0.0.0): such a message is
   * refused. Nothing but the version text tells this firmware from others of its class.
   */
  readonly misframes: boolean;
  /** Largest buffer size of `AT+WSCFG`, in bytes: 8192 (A-C) or 16384 (D). */
  readonly maxBuffer: number;
}

/** The device as a whole. Its links are usable in `ready` only. */
export type DeviceStateName =
  /** not started, or stopped */
  | 'stopped'
  /** the port is being opened, or cannot be opened and is tried again */
  | 'absent'
  /** the port is open; the device is being found and set up */
  | 'initializing'
  | 'ready'
  /** a response was lost: the client resyncs */
  | 'resyncing'
  /** set up as far as possible, but this firmware or these settings cannot work (with `error`) */
  | 'unusable';

export interface DeviceState {
  readonly name: DeviceStateName;
  /** Why it is absent or unusable, what went wrong last while starting, or that it is ready but without Wi-Fi. */
  readonly error?: EspAtError;
}

/** What happened to the device, for logs and for ws-status. */
export type DeviceEventName =
  | 'starting'
  | 'ready'
  | 'joined'
  | 'address'
  | 'wifi-lost'
  | 'clock-set'
  | 'lost'
  | 'restarted'
  | 'out-of-step'
  /** a step to get back in step was taken; `detail` names it: crlf, fill, restart, reset, reopen */
  | 'recovery'
  | 'recovered'
  | 'warning'
  | 'unknown-line';

export interface DeviceEvent {
  readonly event: DeviceEventName;
  /** For people; English; never a secret. */
  readonly detail?: string;
  readonly error?: EspAtError;
}

/** Wi-Fi to join; absent: whatever the device does by itself is left alone. */
export interface WifiOptions {
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: string;
  /** `aa:bb:cc:dd:ee:ff`: only this access point. */
  readonly bssid?: string;
}

/** SNTP; absent: the clock is left alone. */
export interface ClockOptions {
  /** Hours from UTC, -12 to 14. */
  readonly timezone: number;
  /** Up to three host names; empty: the firmware's defaults. */
  readonly servers: readonly string[];
}

/** PEM texts for one slot; empty strings are left alone. */
export interface CertificateOptions {
  readonly slot: number;
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface DeviceOptions {
  readonly port: PortOpener;
  readonly clock?: Clock;
  /** Numbers from 0 up to 1, for jitter. */
  readonly random?: () => number;
  readonly wifi?: WifiOptions;
  readonly sntp?: ClockOptions;
  readonly certificates?: readonly CertificateOptions[];
  /** Bits a second to raise the line to once the device is up (`AT+UART_CUR`); 0 or absent: leave it. */
  readonly negotiatedRate?: number;
  /** RTS/CTS, at both ends. Default false. */
  readonly flowControl?: boolean;
  /** Let the device write settings to its flash (`AT+SYSSTORE=1`). Default false. */
  readonly store?: boolean;
  /** The driver may reset the device by RTS when nothing else helps; not with {@link flowControl}. Default false. */
  readonly rtsReset?: boolean;
  /** What may wait to be sent before `QUEUE_FULL`: 1 to 1,000,000 messages, 1 byte to 1 GiB. Default 1000, 4 MiB. */
  readonly sendLimit?: { readonly messages: number; readonly bytes: number };
}
