import type { Clock } from '../clock';
import type { EspAtError } from '../errors';
import type { LinkEvent, LinkStateName, LinkStateNumber } from '../link/events';
import type { PortOpener } from '../port/port';

/** Class of ESP-AT firmware, by its {@link Capabilities}. */
export type FirmwareClass = 'A' | 'B' | 'C' | 'D';

/** Capabilities of the firmware. */
export interface Capabilities {
  /** Class of the firmware. */
  readonly firmware: FirmwareClass;
  /** AT version in the response to `AT+GMR`, for display. */
  readonly version: string;
  /** `AT+WSHEAD` (B, C, D). */
  readonly headers: boolean;
  /** `AT+WSCFG` takes auth_mode and certificate slots (C, D). */
  readonly authentication: boolean;
  /** Long data format, `fin`, empty messages (D). */
  readonly fragments: boolean;
  /**
   * What the firmware does with a message that comes in one TCP segment with the handshake response: classes A and B lose
   * it; C and D hold it back until the server's next byte, and the driver sends a ping for that.
   */
  readonly firstMessage: 'lost' | 'heldBack';
  /** Whether a frame header that arrives in two parts costs the message boundaries (A, B). */
  readonly losesFraming: boolean;
  /** Largest `AT+WSSEND`, in bytes: 8192 (A-C) or 16384 (D). */
  readonly maxSend: number;
  /**
   * Whether the firmware frames a message longer than the link's buffer wrongly (v4.0.0.0): the driver refuses such a
   * message. Only the version text identifies this firmware.
   */
  readonly misframes: boolean;
  /** Largest buffer size of `AT+WSCFG`, in bytes: 8192 (A-C) or 16384 (D). */
  readonly maxBuffer: number;
}

/** State of a device. Its links work in `ready` only. */
export type DeviceStateName =
  /** not started, or stopped */
  | 'stopped'
  /** {@link Device.disconnect} has freed the port; the links wait for the next start */
  | 'disconnected'
  /** the driver opens the port, and retries after a failure */
  | 'absent'
  /** the port is open; the driver initializes the device */
  | 'initializing'
  | 'ready'
  /** a response is lost or corrupt: the client resyncs */
  | 'resyncing'
  /** this firmware or these settings cannot work (with `error`) */
  | 'unusable';

/** State of a device, with its error. */
export interface DeviceState {
  /** Name of the state. */
  readonly name: DeviceStateName;
  /** Why it is not ready, the last failure of its initialization, or the Wi-Fi failure of a ready device. */
  readonly error?: EspAtError;
}

/** State of a link after a check (`AT+WSOPEN?`). */
export interface LinkStatus extends LinkEvent {
  /** State of the link. */
  readonly state: LinkStateName;
  /** State as the device numbers it. */
  readonly stateNumber: LinkStateNumber;
}

/** Wi-Fi to join. */
export interface WifiOptions {
  /** Name of the network (SSID). */
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: string;
  /** `aa:bb:cc:dd:ee:ff`: only this access point. */
  readonly bssid?: string;
}

/** Settings of SNTP. */
export interface SntpOptions {
  /** Hours from UTC, -12 to 14. */
  readonly timezone: number;
  /** Up to three host names; empty: the firmware's defaults. */
  readonly servers: readonly string[];
}

/** PEM texts for one slot; an empty text writes nothing. */
export interface CertificateOptions {
  /** Slot of `wss_ca`, `wss_cert` and `wss_key`, from 0. */
  readonly slot: number;
  /** PEM text of the CA that verifies servers, for `auth` 2 and 3. */
  readonly ca: string;
  /** PEM text of the client certificate, for `auth` 1 and 3. */
  readonly certificate: string;
  /** PEM text of the private key. Secret. */
  readonly key: string;
}

/** What one {@link Device} knows of the ESP32 on a port, for the next one on it. */
export interface PortMemory {
  /** The ESP32's last baud rate, in bits a second. */
  baudRate?: number | undefined;
}

/** Options of a {@link Device}. */
export interface DeviceOptions {
  /** The port, see {@link portAt}. */
  readonly port: PortOpener;
  /** The time source. Default {@link systemClock}. */
  readonly clock?: Clock | undefined;
  /** Numbers from 0 up to 1, for jitter and the UUIDs of requests. */
  readonly random?: (() => number) | undefined;
  /** Wi-Fi to join; absent: the driver leaves the device's Wi-Fi unchanged. */
  readonly wifi?: WifiOptions | undefined;
  /** SNTP, which links need that verify their server; absent: the driver leaves the device's clock unchanged. */
  readonly sntp?: SntpOptions | undefined;
  /** Certificates to write into slots that do not hold them. */
  readonly certificates?: readonly CertificateOptions[] | undefined;
  /**
   * Baud rate to negotiate with the device (`AT+UART_CUR`), in bits a second; 0 or absent: none. `automatic`: the
   * highest at which data passes without a fault, and RTS/CTS where the driver finds them wired.
   */
  readonly negotiatedRate?: number | 'automatic' | undefined;
  /** What the {@link Device} before knew of the port; the driver updates it. Default: nothing. */
  readonly memory?: PortMemory | undefined;
  /** RTS/CTS flow control, at both ends. Default false. */
  readonly flowControl?: boolean | undefined;
  /** Whether the device writes settings to its flash (`AT+SYSSTORE=1`). Default false. */
  readonly store?: boolean | undefined;
  /** Whether the driver may reset the device by RTS as a last resort; not with {@link flowControl}. Default false. */
  readonly rtsReset?: boolean | undefined;
  /** Limits of the send queues (`QUEUE_FULL`): 1 to 1,000,000 messages, 1 byte to 1 GiB. Default 1000, 4 MiB. */
  readonly sendLimit?: { readonly messages: number; readonly bytes: number } | undefined;
  /**
   * Bytes that {@link Device.recording} keeps: 1024 to 64 MiB, 0 for none. Default 256 KiB. Short records take up to eight
   * times as much memory.
   */
  readonly recorderBytes?: number | undefined;
}

/** Messages that wait in the send queues of all links. */
export interface SendQueueLevel {
  /** Messages that wait. */
  readonly messages: number;
  /** Their bytes. */
  readonly bytes: number;
  /** See {@link DeviceOptions.sendLimit}. */
  readonly limit: { readonly messages: number; readonly bytes: number };
}

/** @internal Options with their defaults. */
export type CompleteOptions = Omit<DeviceOptions, 'clock' | 'memory' | 'random'> & {
  readonly clock: Clock;
  readonly memory: PortMemory;
  readonly random: () => number;
};
