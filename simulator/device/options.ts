import type { Clock } from '../clock';
import { firmwareFor, type FirmwareClass, type Weakness } from './firmware';
import type { FlashText } from './flash';
import type { Hooks } from './hooks';
import type { Network } from '../network/network';
import { checkPath, type NetworkPathOptions } from '../network/network-path';
import type { Random } from '../random';
import type { UartFactory } from '../serial/uart';

/** A Wi-Fi network in range of the device. */
export interface AccessPoint {
  /** Its name, at most 32 bytes. */
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: string;
  /** 1-14; default 1. */
  readonly channel?: number;
  /** Signal strength in dBm. */
  readonly rssi?: number;
  /** Its MAC address, `xx:xx:xx:xx:xx:xx`; default the same for all. */
  readonly bssid?: string;
  /** Whether its DHCP server answers; default true. */
  readonly dhcp?: boolean;
  /** Whether scans miss it; default false. */
  readonly hidden?: boolean;
  /** How it answers a station that wants to join; default `welcome`. */
  readonly answer?: 'welcome' | 'refusal' | 'none';
}

/** The response of a name server. */
export interface DnsAnswer {
  /** An address, `fails` or `silent`. */
  readonly address: string;
  /** Milliseconds until it arrives. */
  readonly delayMs: number;
}

/** A simulated device, its Wi-Fi networks and its servers. Everything has a default. */
export interface SimulatorOptions {
  /** Default D. */
  readonly firmware?: FirmwareClass;
  /** The only source of time; default {@link systemClock}. */
  readonly clock?: Clock;
  /** The network behind Wi-Fi; default the machine's own. */
  readonly network?: Network;
  /** Latency, loss and bandwidth between the device and that network; default none. */
  readonly path?: NetworkPathOptions;
  /** Weaknesses of the recorded firmware that this device does not have; class D only. Default none. */
  readonly mended?: readonly Weakness[];
  /** The only source of random numbers: equal numbers repeat a run exactly. */
  readonly random?: Random;
  /** Whether it has joined the first access point; default false. */
  readonly joined?: boolean;
  /** Whether it is up and idle from the start; default true. Otherwise it waits for `powerOn`. */
  readonly running?: boolean;
  /** Milliseconds from power-up or restart to `ready`; default 400. */
  readonly bootMs?: number;
  /** Bytes that the boot loader writes before `ready`; default none. */
  readonly bootNoise?: Buffer;
  /** Networks in range; default `espressif` and `other`, both with password `password`. */
  readonly wifi?: readonly AccessPoint[];
  /** The response of the time servers, in milliseconds since 1970; undefined for none. Default: the machine's time. */
  readonly time?: () => number | undefined;
  /**
   * Addresses by host name in lower case, `*` for all others. `fails`: the name does not exist; `silent`: the name server
   * never answers. The network resolves names that are not listed; `no.such.host` fails and `*.timeout` is silent. The
   * device reads this record at each lookup.
   */
  readonly dns?: Readonly<Record<string, string | DnsAnswer>>;
  /** Bits a second at which the firmware starts; default 115200. `BuildOptions.rate` overrides it. */
  readonly baud?: number;
  /** @internal Values of `AT+SYSMFG` that an earlier host has stored; default none. */
  readonly flash?: readonly FlashText[];
  /** The UART; default one on which bytes take no time. */
  readonly uart?: UartFactory;
  /** Where faults apply; default none. */
  readonly hooks?: Hooks;
  /** Receives the bytes for the host. `onOutput` replaces it. */
  readonly output?: (bytes: Buffer) => void;
}

/** @throws Error `INVALID_OPTION` for options with which no device can be made */
export function checkOptions({ firmware = 'D', mended = [], path = {} }: SimulatorOptions): void {
  firmwareFor(firmware, mended);
  checkPath(path);
}

export const defaultAccessPoints: readonly AccessPoint[] = [
  { ssid: 'espressif', password: 'password', channel: 1, rssi: -50 },
  { ssid: 'other', password: 'password', channel: 6, rssi: -70 },
];
