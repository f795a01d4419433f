import { refusable, type Run } from '../at/command';
import {
  cwjap,
  cwjapQuery,
  cwlap,
  cwmode,
  cwmodeQuery,
  cwreconncfg,
  cwstate,
  parseCwjap,
  parseCwlap,
  parseCwmode,
  parseCwstate,
  parseJoinFailure,
  stationState,
  type WifiNetwork,
} from '../commands/wifi';
import type { WifiOptions } from '../device/options';
import { EspAtError, type ErrorCode, isRefusal } from '../errors';

/** Seconds between the device's own attempts to rejoin, and how many there are (0: without end). */
const REJOIN_INTERVAL = 1;
const REJOIN_ATTEMPTS = 0;
/** How often, and how many milliseconds apart, a device that is joining by itself is looked at. */
const LOOKS = 40;
const LOOK = 250;

const joinFailures = {
  timeout: 'WIFI_TIMEOUT',
  password: 'WIFI_PASSWORD',
  'not-found': 'WIFI_NOT_FOUND',
  other: 'WIFI_FAILED',
} as const satisfies Record<string, ErrorCode>;

/** What a join may make use of. */
export interface JoinAids {
  /** Lets so many milliseconds pass; with it a device that is joining the network by itself is waited for. */
  readonly pause?: (milliseconds: number) => Promise<void>;
  /** Whether the device reported, since the join began, that the network let it in (`WIFI CONNECTED`). */
  readonly associated?: () => boolean;
}

/**
 * Joins a network, and has the device rejoin it by itself from then on. A device that has joined it
 * already is left alone.
 * @throws EspAtError `INVALID_SETTING`, `WIFI_TIMEOUT`, `WIFI_PASSWORD`, `WIFI_NOT_FOUND`,
 * `WIFI_NO_ADDRESS`, `WIFI_FAILED`, and whatever `run` rejects with
 */
export async function joinWifi(run: Run, wifi: WifiOptions, aids: JoinAids = {}): Promise<void> {
  const join = cwjap(wifi.ssid, wifi.password, wifi.bssid);
  if (!(await hasJoined(run, wifi, aids))) {
    await enableStation(run);
    try {
      await run(join);
    } catch (error) {
      throw await joinFailure(run, wifi.ssid, error, aids);
    }
  }
  await ignoringRefusal(run(refusable(cwreconncfg(REJOIN_INTERVAL, REJOIN_ATTEMPTS))));
}

/** The networks in reach, strongest first. @throws EspAtError whatever `run` rejects with */
export async function scan(run: Run): Promise<WifiNetwork[]> {
  await enableStation(run);
  const networks = parseCwlap(await run(cwlap()));
  return networks.filter(({ ssid }) => ssid !== '').sort((a, b) => b.signal - a.signal);
}

async function hasJoined(
  run: Run,
  { ssid, bssid }: WifiOptions,
  { pause }: JoinAids,
): Promise<boolean> {
  let now = parseCwstate(await run(cwstate()));
  for (let look = 0; pause && isJoining(now.state) && now.ssid === ssid && look < LOOKS; look++) {
    await pause(LOOK);
    now = parseCwstate(await run(cwstate()));
  }
  if (now.state !== stationState.joined || now.ssid !== ssid) return false;
  if (bssid === undefined || bssid === '') return true;
  return parseCwjap(await run(cwjapQuery()))?.bssid === bssid.toLowerCase();
}

function isJoining(state: number): boolean {
  return state === stationState.noAddress || state === stationState.joining;
}

/** Switches the station on where it is off, and leaves an access point as it is. */
async function enableStation(run: Run): Promise<void> {
  const mode = parseCwmode(await run(cwmodeQuery()));
  if (mode === 0 || mode === 2) await run(cwmode(mode + 1));
}

async function joinFailure(
  run: Run,
  ssid: string,
  error: unknown,
  { associated }: JoinAids,
): Promise<unknown> {
  if (!isRefusal(error)) return error;
  const reason = parseJoinFailure(String(error.details.reason)) ?? 'other';
  // The device only says that it took too long, also when it was let in and no address came.
  const stuck = reason === 'timeout' && (associated?.() === true || (await lacksAddress(run)));
  return new EspAtError(
    stuck ? 'WIFI_NO_ADDRESS' : joinFailures[reason],
    { ssid },
    { cause: error },
  );
}

async function lacksAddress(run: Run): Promise<boolean> {
  return parseCwstate(await run(cwstate())).state === stationState.noAddress;
}

async function ignoringRefusal(answer: Promise<unknown>): Promise<void> {
  try {
    await answer;
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
}
