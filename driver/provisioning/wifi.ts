import { tryRun, type Run } from '../at/command';
import { runOptionalQuery, runQuery } from '../commands/run-query';
import {
  cwjap,
  cwjapQuery,
  cwlap,
  cwlapopt,
  cwmode,
  cwmodeQuery,
  cwreconncfg,
  cwstate,
  parseCwjap,
  parseJoinFailure,
  stationState,
  type WifiNetwork,
} from '../commands/wifi';
import { delay, type Clock } from '../clock';
import { EspAtError, type ErrorCode, isRefusal } from '../errors';

/** Wi-Fi to join. */
export interface WifiOptions {
  /** Name of the network (SSID). */
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: string;
  /** `aa:bb:cc:dd:ee:ff`: only this access point. */
  readonly bssid?: string;
}

/** Seconds between the device's own attempts to rejoin. */
const REJOIN_INTERVAL_S = 1;
/** Attempts to rejoin; 0: no limit. */
const REJOIN_ATTEMPTS = 0;
/** Milliseconds between queries of a device that joins by itself. */
const JOIN_POLL_MS = 250;
/** Milliseconds in which a device that is joining gets an address. */
const JOINING_TIMEOUT_MS = 10_000;
/**
 * Milliseconds in which a device that lost its network rejoins: its attempts are at most 2.4 s apart (class D,
 * measured). Meanwhile its state is `disconnected`. `AT+CWJAP` ends these attempts, and blocks the port for 15 s.
 */
const REJOIN_TIMEOUT_MS = 5000;

/** Error codes of the reasons for which a device could not join. */
const JOIN_FAILURES = {
  timeout: 'WIFI_TIMEOUT',
  password: 'WIFI_PASSWORD',
  'not-found': 'WIFI_NOT_FOUND',
  other: 'WIFI_FAILED',
} as const satisfies Record<string, ErrorCode>;

interface JoinContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether an access point has accepted the device since the join began (`WIFI CONNECTED`). */
  readonly associated: () => boolean;
}

/**
 * Joins a network unless the device has already joined it, and lets the device rejoin by itself.
 * @throws EspAtError `INVALID_SETTING`, `WIFI_TIMEOUT`, `WIFI_PASSWORD`, `WIFI_NOT_FOUND`, `WIFI_NO_ADDRESS`,
 * `WIFI_FAILED`, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, the reason of `signal`, and what `run` rejects with
 */
export async function joinWifi(run: Run, wifi: WifiOptions, context: JoinContext): Promise<void> {
  const join = cwjap(wifi.ssid, wifi.password, wifi.bssid);
  if (!(await hasJoined(run, wifi, context))) {
    await enableStation(run);
    try {
      await run(join);
    } catch (error) {
      throw await joinFailure(run, wifi.ssid, error, context);
    }
  }
  await tryRun(run, cwreconncfg(REJOIN_INTERVAL_S, REJOIN_ATTEMPTS));
}

/** Whether a scan shows the network; false also while the device is busy with its own attempts to join. */
export async function isInReach(run: Run, { ssid }: WifiOptions): Promise<boolean> {
  await tryRun(run, cwlapopt);
  const networks = await runOptionalQuery(run, cwlap);
  return networks?.some((network) => network.ssid === ssid) ?? false;
}

/** Returns the networks in reach, the strongest first. @throws EspAtError `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, and what `run` rejects with */
export async function scanNetworks(run: Run): Promise<WifiNetwork[]> {
  await enableStation(run);
  // Another program may have set other fields, or filters.
  await tryRun(run, cwlapopt);
  const networks = await runQuery(run, cwlap);
  return networks.filter(({ ssid }) => ssid !== '').sort((a, b) => b.signal - a.signal);
}

async function hasJoined(
  run: Run,
  { ssid, bssid }: WifiOptions,
  { clock, signal }: JoinContext,
): Promise<boolean> {
  const start = clock.now();
  let station = await runQuery(run, cwstate);
  while (station.ssid === ssid && clock.now() - start < joinTimeout(station.state)) {
    await delay(clock, JOIN_POLL_MS, { signal });
    station = await runQuery(run, cwstate);
  }
  if (station.state !== stationState.joined || station.ssid !== ssid) return false;
  if (bssid === undefined || bssid === '') return true;
  return parseCwjap(await run(cwjapQuery))?.bssid === bssid.toLowerCase();
}

/** Milliseconds to wait while a device in this state may join by itself. */
function joinTimeout(state: number): number {
  switch (state) {
    case stationState.noAddress:
    case stationState.joining:
      return JOINING_TIMEOUT_MS;
    case stationState.disconnected:
      return REJOIN_TIMEOUT_MS;
    default:
      return 0;
  }
}

/** Switches the station on. Keeps the device's access point on, if it is. */
async function enableStation(run: Run): Promise<void> {
  const mode = await runQuery(run, cwmodeQuery);
  if (mode === 0 || mode === 2) await run(cwmode(mode + 1));
}

async function joinFailure(
  run: Run,
  ssid: string,
  error: unknown,
  context: JoinContext,
): Promise<unknown> {
  if (!isRefusal(error)) return error;
  const code = (await joinFailureCode(run, error, context)) ?? 'WIFI_FAILED';
  return new EspAtError(code, { ssid }, { cause: error });
}

/** Returns the error code of a refused join; undefined where the device gives no reason. */
export async function joinFailureCode(
  run: Run,
  { details }: EspAtError,
  { associated }: Pick<JoinContext, 'associated'>,
): Promise<ErrorCode | undefined> {
  const reason = parseJoinFailure(String(details.reason));
  if (reason === undefined) return undefined;
  // The device reports a timeout also where an access point has accepted it, but it gets no address.
  const lacksOnlyAddress = reason === 'timeout' && (associated() || (await lacksAddress(run)));
  return lacksOnlyAddress ? 'WIFI_NO_ADDRESS' : JOIN_FAILURES[reason];
}

async function lacksAddress(run: Run): Promise<boolean> {
  return (await runQuery(run, cwstate)).state === stationState.noAddress;
}
