import type { Clock } from '../clock';
import type { EspAtError } from '../errors';
import type { LinkEvent, LinkStateName } from '../link/events';
import type { PortOpener } from '../port/port';
import type { CertificateOptions } from '../provisioning/certificates';
import type { SntpOptions } from '../provisioning/sntp';
import type { WifiOptions } from '../provisioning/wifi';
import type { LinkStateNumber } from '../commands/wsopen';

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
  /** this firmware cannot work (with `error`) */
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

/** What one {@link Device} knows of the ESP32 on a port, for the next one on it. */
export interface PortMemory {
  /** The ESP32's last baud rate, in bits a second. */
  baudRate?: number | undefined;
  /** Whether the ESP32 may still wait for the bytes of a message. */
  pendingPrompt?: boolean | undefined;
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
  /** What the previous {@link Device} on the port knew of it; the driver updates it. Default: nothing. */
  readonly memory?: PortMemory | undefined;
  /** RTS/CTS flow control, at both ends. Ignored with `automatic`, with which the driver finds the wires itself. Default false. */
  readonly flowControl?: boolean | undefined;
  /** Whether the device writes settings to its flash (`AT+SYSSTORE=1`). Default false. */
  readonly store?: boolean | undefined;
  /** Whether the driver may reset the device by RTS as a last resort; not with {@link flowControl}. Default false. */
  readonly rtsReset?: boolean | undefined;
  /** Limits of the send queues (`QUEUE_FULL`): 1 to 1,000,000 messages, 1 byte to 1 GiB. Default 1000, 4 MiB. */
  readonly sendLimit?: { readonly messages: number; readonly bytes: number } | undefined;
  /**
   * Bytes that {@link Device.recording} keeps: 1024 to 64 MiB, 0 for none. Default 256 KiB. Short records take up to ten
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
