import { refusable } from '../at/command';
import { build } from '../commands/build';
import { cipsntptime, parseSntpTime } from '../commands/sntp';
import { sysmfgRead } from '../commands/sysmfg';
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
import { EspAtError, isRefusal } from '../errors';
import type { Examination } from './examination';

/** dBm below which a signal loses packets. */
const WEAK_SIGNAL_DBM = -75;
/** Milliseconds in which a device joins the network that it knows. */
const JOIN_TIMEOUT_MS = 16_000;
/** Slots that the dialogs offer. */
const SLOTS = [0, 1] as const;

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
    await examination.access.run(refusable(command));
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
  if (time.getUTCFullYear() === 1970) examination.found('CLOCK_UNSET');
  else examination.facts.time = time.toISOString().slice(0, 19);
}

/** Finds the slots that hold a certificate. Keys are never read. */
export async function examineCertificates(examination: Examination): Promise<void> {
  const held: string[] = [];
  for (const store of ['wss_ca', 'wss_cert'] as const)
    for (const slot of SLOTS)
      if (await isFilled(examination, store, slot)) held.push(`${store}.${slot}`);
  examination.facts.certificates = held;
}

async function isFilled(
  examination: Examination,
  store: 'wss_ca' | 'wss_cert',
  slot: number,
): Promise<boolean> {
  try {
    return (await examination.ask(sysmfgRead(store, slot, 0, 1))) !== undefined;
  } catch (error) {
    if (error instanceof EspAtError && error.code === 'OUT_OF_SYNC') return false;
    throw error;
  }
}
