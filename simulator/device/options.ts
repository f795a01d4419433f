import type { Clock } from '../clock';
import type { FirmwareClass } from './firmware';
import type { Hooks } from './hooks';
import type { Network } from '../network/network';
import type { NetworkPathOptions } from '../network/network-path';
import type { Random } from '../random';
import type { UartFactory } from '../serial/uart';

/** A Wi-Fi network in reach of the device. */
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
  /** Whether it gives out addresses; default true. */
  readonly dhcp?: boolean;
  /** Whether it is left out of scans; default false. */
  readonly hidden?: boolean;
  /** What it says to a station that asks to be let in; default `welcome`. */
  readonly answer?: 'welcome' | 'refusal' | 'none';
}

/** Weaknesses of the recorded firmware that a later one may not have. */
export const mends = ['early-frames', 'stalled-frames', 'slow-close'] as const;
/**
 * `early-frames`: frames behind the 101 in its segment come at once · `stalled-frames`: a frame that stalls goes on
 * where it stopped · `slow-close`: `AT+WSCLOSE` takes no time.
 */
export type Mend = (typeof mends)[number];

/** What a name server says, and when. */
export interface DnsAnswer {
  /** An address, `fails` or `silent`. */
  readonly address: string;
  /** Milliseconds until it is there. */
  readonly delayMs: number;
}

/** A simulated device, and the world around it. Everything has a default. */
export interface SimulatorOptions {
  /** Default D. */
  readonly firmware?: FirmwareClass;
  /** The only source of time; default {@link systemClock}. */
  readonly clock?: Clock;
  /** Where connections lead; default the machine's own network. */
  readonly network?: Network;
  /** Latency, loss and bandwidth between the device and that network; default none. */
  readonly path?: NetworkPathOptions;
  /** What this firmware does better than those recorded: class D only, whose releases may. Default nothing. */
  readonly mended?: readonly Mend[];
  /** The only source of chance: equal numbers repeat a run exactly. */
  readonly random?: Random;
  /** Whether it has joined the first access point; default false. */
  readonly joined?: boolean;
  /** Whether it is up and idle from the start; default true. Otherwise it waits for `powerOn`. */
  readonly running?: boolean;
  /** Milliseconds from power-up or restart to `ready`; default 400. */
  readonly bootMs?: number;
  /** Bytes that the boot loader leaves on the line before `ready`; default none. */
  readonly bootNoise?: Buffer;
  /** Networks in reach; default `espressif` with password `password`, and `other`. */
  readonly wifi?: readonly AccessPoint[];
  /** What a time server answers, in milliseconds since 1970; undefined for no answer. Default: the machine's time. */
  readonly time?: () => number | undefined;
  /**
   * Addresses by host name, `*` for all others. `fails` stands for a name that does not exist, `silent` for one whose
   * question is never answered. Names not listed are resolved by the network; `no.such.host` fails and `*.timeout` is
   * silent. The device looks at it whenever it resolves a name.
   */
  readonly dns?: Readonly<Record<string, string | DnsAnswer>>;
  /** Bits a second that the firmware was built to start with; default 115200. */
  readonly baud?: number;
  /** The serial line; default one without a rate. */
  readonly uart?: UartFactory;
  /** Where faults apply; default none. */
  readonly hooks?: Hooks;
  /** Bytes for the host. May be set later by `onOutput`. */
  readonly output?: (bytes: Buffer) => void;
}

export const defaultAccessPoints: readonly AccessPoint[] = [
  { ssid: 'espressif', password: 'password', channel: 1, rssi: -50 },
  { ssid: 'other', password: 'password', channel: 6, rssi: -70 },
];
