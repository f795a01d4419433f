import { expectingError } from '../at/command';
import { build } from '../commands/build';
import { cipsntptime, parseSntpTime } from '../commands/sntp';
import {
  cipsta,
  cwjapQuery,
  cwstate,
  parseCipsta,
  parseCwjap,
  parseCwstate,
  parseJoinFailure,
  stationState,
} from '../commands/wifi';
import { isRefusal } from '../errors';
import type { Examination } from './examination';

/** dBm below which a signal loses packets. */
const WEAK_SIGNAL_DBM = -75;
/** Milliseconds in which a device joins the network that it knows. */
const JOIN_TIMEOUT_MS = 16_000;
/** Hours by which local time may differ from UTC, and one more. */
const ZONES_MS = 15 * 3_600_000;

const failures = {
  timeout: 'WIFI_TIMEOUT',
  password: 'WIFI_PASSWORD',
  'not-found': 'WIFI_NOT_FOUND',
  other: 'WIFI_FAILED',
} as const;

/** Finds out whether the device is in a network. A device that is not tries to join the one that it knows. */
export async function examineNetwork(examination: Examination): Promise<void> {
  const { facts } = examination;
  const answer = await examination.ask(cwstate());
  // Firmware for Ethernet has no Wi-Fi commands.
  if (!answer) return;
  const { state, ssid } = parseCwstate(answer);
  if (state !== stationState.joined && !(await join(examination, ssid))) return;
  const joined = parseCwjap((await examination.ask(cwjapQuery())) ?? []);
  if (joined) {
    facts.ssid = joined.ssid;
    facts.signal = joined.signal;
    if (joined.signal < WEAK_SIGNAL_DBM)
      examination.found('WEAK_SIGNAL', { ssid: joined.ssid, signal: joined.signal });
  }
  const address = parseCipsta((await examination.ask(cipsta())) ?? []);
  if (address === undefined) examination.found('WIFI_NO_ADDRESS', { ssid });
  else facts.address = address;
  await examineClock(examination);
}

/** `AT+CWJAP` joins the network of the device's settings, and says why it cannot. */
async function join(examination: Examination, ssid: string): Promise<boolean> {
  if (ssid === '') {
    examination.found('WIFI_NOT_JOINED');
    return false;
  }
  const command = build('AT+CWJAP', {
    informationPrefixes: ['+CWJAP:'],
    timeoutMs: JOIN_TIMEOUT_MS,
    idempotent: true,
  });
  try {
    await examination.access.run(expectingError(command));
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const reason = parseJoinFailure(String(error.details.reason));
    if (reason) examination.found(failures[reason], { ssid });
    else examination.found('WIFI_NOT_JOINED');
    return false;
  }
}

async function examineClock(examination: Examination): Promise<void> {
  const answer = await examination.ask(cipsntptime());
  if (!answer) return;
  const time = parseSntpTime(answer);
  if (time.getUTCFullYear() === 1970) {
    examination.found('CLOCK_UNSET');
    return;
  }
  const shown = time.toISOString().slice(0, 19);
  examination.facts.time = shown;
  // The device says its local time, in a time zone that it does not say.
  const difference = Math.abs(time.getTime() - examination.date);
  if (difference > ZONES_MS) examination.found('CLOCK_WRONG', { time: shown });
}
