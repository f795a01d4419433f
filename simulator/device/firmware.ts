import type { Mend } from './options';

/** Firmware generations that a host can tell apart: A v3.2, B v3.3-v4.0, C v4.1-v5.0.1, D after v5.0.1. */
export type FirmwareClass = 'A' | 'B' | 'C' | 'D';

/** All firmware classes. */
export const firmwareClasses = ['A', 'B', 'C', 'D'] as const satisfies readonly FirmwareClass[];

/** What sets one firmware class apart from the others. */
export interface Firmware {
  readonly name: FirmwareClass;
  /** `AT+WSHEAD` exists. */
  readonly headers: boolean;
  /** `AT+WSCFG` takes an authentication mode and certificates; without it `wss://` verifies nothing. */
  readonly authentication: boolean;
  /** `AT+WSDATAFMT`, the `fin` of `AT+WSSEND` and empty messages exist. */
  readonly fragments: boolean;
  /** The longest `AT+WSSEND`, and the largest buffer of `AT+WSCFG`, in bytes. */
  readonly maximumLength: number;
  /** Bytes after the server's 101 in its segment are kept (until more arrives) rather than lost. */
  readonly keepsEarlyFrames: boolean;
  /** A frame header that TCP cut is waited for rather than misread. */
  readonly waitsForHeaders: boolean;
  /** A server's close frame is answered with one. */
  readonly answersClose: boolean;
  /** Milliseconds that TCP may hold a write up once it has begun, beside the timeout of the send. */
  readonly writeGraceMs: number;
  /** A send that waited in vain for its connection to be free frees it for the next. */
  readonly failedSendFrees: boolean;
  /** A round of a link's task is a hair shorter while others are open: too short for a timer of whole seconds. */
  readonly roundsShrink: boolean;
  /** `AT+RESTORE` still reports that the network is left. */
  readonly reportsLeavingOnRestore: boolean;
  /** Frames behind the server's 101 in its segment come without waiting for more. */
  readonly earlyFramesAtOnce: boolean;
  /** A frame that stalls goes on where it stopped. */
  readonly survivesStalls: boolean;
  /** `AT+WSCLOSE` does not wait for the link's task. */
  readonly closesAtOnce: boolean;
  /** Bytes that came before `ready` are thrown away rather than joined to the first command. */
  readonly discardsBootNoise: boolean;
  /** The lines of `AT+GMR`. */
  readonly version: readonly string[];
}

const version = (at: string, sdk: string, bin: string): readonly string[] => [
  `AT version:${at}`,
  `SDK version:${sdk}`,
  'compile time(b49e4b98):Nov 23 2026 12:02:30',
  `Bin version:${bin}`,
];

const oldest: Firmware = {
  name: 'A',
  headers: false,
  authentication: false,
  fragments: false,
  maximumLength: 8192,
  keepsEarlyFrames: false,
  waitsForHeaders: false,
  answersClose: false,
  writeGraceMs: 0,
  failedSendFrees: false,
  roundsShrink: true,
  reportsLeavingOnRestore: true,
  earlyFramesAtOnce: false,
  survivesStalls: false,
  closesAtOnce: false,
  discardsBootNoise: false,
  version: version(
    '3.2.0.0(s-ec2dec2 - ESP32 - Jul 28 2023 07:05:28)',
    'v5.0.2',
    'v3.2.0.0(WROOM-32)',
  ),
};

const withHeaders: Firmware = {
  ...oldest,
  name: 'B',
  headers: true,
  answersClose: true,
  version: version(
    '3.3.0.0(3b13d04 - ESP32C3 - May  9 2024 08:57:21)',
    'v5.0.6',
    'v3.3.0.0(MINI-1)',
  ),
};

const withAuthentication: Firmware = {
  ...withHeaders,
  name: 'C',
  authentication: true,
  keepsEarlyFrames: true,
  waitsForHeaders: true,
  writeGraceMs: 10_000,
  roundsShrink: false,
  reportsLeavingOnRestore: false,
  version: version(
    '4.2.0.0-dev(b8d1e1c - ESP32C3 - Mar 12 2026 06:41:17)',
    'v5.4.2',
    'v5.0.1(MINI-1)',
  ),
};

const newest: Firmware = {
  ...withAuthentication,
  name: 'D',
  fragments: true,
  maximumLength: 16384,
  failedSendFrees: true,
  discardsBootNoise: true,
  version: version(
    '4.2.0.0-dev(32ff6e1 - ESP32C3 - Jul 24 2026 09:54:05)',
    'v5.4.4',
    'v4.2.0.0-dev(MINI-1)',
  ),
};

export const firmware: Readonly<Record<FirmwareClass, Firmware>> = {
  A: oldest,
  B: withHeaders,
  C: withAuthentication,
  D: newest,
};

/** @throws Error for a weakness to be mended in another class than D */
export function traitsOf(name: FirmwareClass, mended: readonly Mend[]): Firmware {
  if (mended.length === 0) return firmware[name];
  if (name !== 'D') throw new Error(`only class D has firmware to come, not class ${name}`);
  return {
    ...firmware.D,
    earlyFramesAtOnce: mended.includes('early-frames'),
    survivesStalls: mended.includes('stalled-frames'),
    closesAtOnce: mended.includes('slow-close'),
  };
}
