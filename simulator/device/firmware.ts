/** Firmware generations that a host can tell apart: A v3.2, B v3.3-v4.0, C v4.1-v5.0.1, D after v5.0.1. */
export type FirmwareClass = 'A' | 'B' | 'C' | 'D';

/** All firmware classes. */
export const firmwareClasses = ['A', 'B', 'C', 'D'] as const satisfies readonly FirmwareClass[];

/** Weaknesses of the recorded firmware that a later release may mend. */
export const weaknesses: readonly Weakness[] = ['early-frames', 'stalled-frames', 'slow-close'];
/**
 * `early-frames`: reads frames that follow the 101 in the same segment only when further data arrives · `stalled-frames`:
 * loses its place in a frame that stalls · `slow-close`: `AT+WSCLOSE` waits for the link's task.
 */
export type Weakness = 'early-frames' | 'stalled-frames' | 'slow-close';

/** The differences between firmware classes. */
export interface Firmware {
  /** `AT+WSHEAD` exists. */
  readonly headers: boolean;
  /** `AT+WSCFG` takes an authentication mode and certificates; without it `wss://` verifies nothing. */
  readonly authentication: boolean;
  /** `AT+WSDATAFMT`, the `fin` of `AT+WSSEND` and empty messages exist. */
  readonly fragments: boolean;
  /** The longest payload of `AT+WSSEND`, and the largest buffer of `AT+WSCFG`. */
  readonly maxMessageBytes: number;
  /**
   * Keeps the bytes that follow the server's 101 in the same segment, and reads them when further data arrives; otherwise
   * loses them.
   */
  readonly keepsEarlyFrames: boolean;
  /** Waits for the rest of a frame header that TCP cut; otherwise takes missing bytes for zeros. */
  readonly waitsForHeaders: boolean;
  /** Answers a server's close frame with a close frame. */
  readonly answersClose: boolean;
  /** Milliseconds beyond the timeout of a send that TCP may take for a write it has begun. */
  readonly writeGraceMs: number;
  /** A send that times out waiting for the connection's lock releases it, though it never held it. */
  readonly failedSendReleasesLock: boolean;
  /**
   * While several links are open, an idle pass of the loop in a link's task (a round) takes 1000.3 ms, not 1000.5 ms: a
   * timer of 2 s, which expires 0.75 ms late (see websocket/keepalive.ts), expires after three rounds, not two.
   */
  readonly hasShortRounds: boolean;
  /** `AT+RESTORE` leaves the Wi-Fi network before its OK, with `WIFI DISCONNECT`. */
  readonly leavesNetworkOnRestore: boolean;
  /** Reads the bytes that follow the server's 101 in the same segment at once. */
  readonly earlyFramesAtOnce: boolean;
  /** Continues a frame that stalls; otherwise abandons it after a timeout. */
  readonly survivesStalls: boolean;
  /** `AT+WSCLOSE` does not wait for the link's task. */
  readonly closesAtOnce: boolean;
  /** Discards bytes that arrive before `ready`; otherwise they precede the first command. */
  readonly discardsInputWhileBooting: boolean;
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
  headers: false,
  authentication: false,
  fragments: false,
  maxMessageBytes: 8192,
  keepsEarlyFrames: false,
  waitsForHeaders: false,
  answersClose: false,
  writeGraceMs: 0,
  failedSendReleasesLock: false,
  hasShortRounds: true,
  leavesNetworkOnRestore: true,
  earlyFramesAtOnce: false,
  survivesStalls: false,
  closesAtOnce: false,
  discardsInputWhileBooting: false,
  version: version(
    '3.2.0.0(s-ec2dec2 - ESP32 - Jul 28 2023 07:05:28)',
    'v5.0.2',
    'v3.2.0.0(WROOM-32)',
  ),
};

const withHeaders: Firmware = {
  ...oldest,
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
  authentication: true,
  keepsEarlyFrames: true,
  waitsForHeaders: true,
  writeGraceMs: 10_000,
  hasShortRounds: false,
  leavesNetworkOnRestore: false,
  version: version(
    '4.2.0.0-dev(b8d1e1c - ESP32C3 - Mar 12 2026 06:41:17)',
    'v5.4.2',
    'v5.0.1(MINI-1)',
  ),
};

const newest: Firmware = {
  ...withAuthentication,
  fragments: true,
  maxMessageBytes: 16384,
  failedSendReleasesLock: true,
  discardsInputWhileBooting: true,
  version: version(
    '4.2.0.0-dev(32ff6e1 - ESP32C3 - Jul 24 2026 09:54:05)',
    'v5.4.4',
    'v4.2.0.0-dev(MINI-1)',
  ),
};

const firmware: Readonly<Record<FirmwareClass, Firmware>> = {
  A: oldest,
  B: withHeaders,
  C: withAuthentication,
  D: newest,
};

/** @throws Error `INVALID_OPTION` for mended weaknesses of another class than D */
export function firmwareFor(name: FirmwareClass, mended: readonly Weakness[]): Firmware {
  if (mended.length === 0) return firmware[name];
  if (name !== 'D') {
    const error = new Error(`the option "mended" is for class D only, not for class ${name}`);
    throw Object.assign(error, { code: 'INVALID_OPTION', option: 'mended' });
  }
  return {
    ...firmware.D,
    earlyFramesAtOnce: mended.includes('early-frames'),
    survivesStalls: mended.includes('stalled-frames'),
    closesAtOnce: mended.includes('slow-close'),
  };
}
