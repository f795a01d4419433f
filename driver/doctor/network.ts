import { expectingError } from '../at/command';
import { build } from '../commands/build';
import { runOptionalQuery, tryRunQuery } from '../commands/run-query';
import { cipsntptime } from '../commands/sntp';
import {
  cipsta,
  cwjapQuery,
  cwstate,
  parseCipsta,
  parseCwjap,
  stationState,
} from '../commands/wifi';
import { isRefusal } from '../errors';
import { isPlausible } from '../provisioning/sntp';
import { joinFailureCode } from '../provisioning/wifi';
import type { Examination } from './examination';

/** dBm below which a signal loses packets. */
const WEAK_SIGNAL_DBM = -75;
/** Milliseconds in which a device joins a network that it knows. */
const KNOWN_NETWORK_TIMEOUT_MS = 16_000;
/** The largest difference of a local time from UTC, 14 h, plus an hour of tolerance. */
const MAX_ZONE_OFFSET_MS = 15 * 3_600_000;

/** Finds out whether the device is in a network. If not, lets it join the network that it knows. */
export async function examineNetwork(examination: Examination): Promise<void> {
  const { facts } = examination;
  const station = await tryRunQuery(examination.access.run, cwstate);
  // Firmware for Ethernet has no Wi-Fi commands.
  if (!station) return;
  const { state, ssid } = station;
  if (state !== stationState.joined && !(await join(examination, ssid))) return;
  const joined = parseCwjap((await examination.ask(cwjapQuery)) ?? []);
  if (joined) {
    facts.ssid = joined.ssid;
    facts.signal = joined.signal;
    if (joined.signal < WEAK_SIGNAL_DBM)
      examination.addFinding('WEAK_SIGNAL', { ssid: joined.ssid, signal: joined.signal });
  }
  const addresses = await examination.ask(cipsta);
  const address = parseCipsta(addresses ?? []);
  if (address !== undefined) facts.address = address;
  // A refusal says nothing about the address.
  else if (addresses) examination.addFinding('WIFI_NO_ADDRESS', { ssid });
  await examineClock(examination);
}

/** Lets the device join the network of its settings (`AT+CWJAP`); finds out why it cannot. */
async function join(examination: Examination, ssid: string): Promise<boolean> {
  if (ssid === '') {
    examination.addFinding('WIFI_NOT_JOINED');
    return false;
  }
  const command = build('AT+CWJAP', {
    informationPrefixes: ['+CWJAP:'],
    timeoutMs: KNOWN_NETWORK_TIMEOUT_MS,
    idempotent: true,
  });
  try {
    await examination.access.run(expectingError(command));
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const associated = () => examination.hasAssociated;
    const code = await joinFailureCode(examination.access.run, error, { associated });
    examination.addFinding(code ?? 'WIFI_NOT_JOINED', { ssid });
    return false;
  }
}

async function examineClock(examination: Examination): Promise<void> {
  const time = await runOptionalQuery(examination.access.run, cipsntptime);
  if (!time) return;
  if (!isPlausible(time)) {
    examination.addFinding('CLOCK_UNSET');
    return;
  }
  const shown = time.toISOString().slice(0, 19);
  examination.facts.time = shown;
  // The host may have started without a clock.
  if (!isPlausible(new Date(examination.date))) return;
  // The device shows its local time, but not its time zone.
  const difference = Math.abs(time.getTime() - examination.date);
  if (difference > MAX_ZONE_OFFSET_MS) examination.addFinding('CLOCK_WRONG', { time: shown });
}
