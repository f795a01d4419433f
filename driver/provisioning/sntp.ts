import type { Run } from '../at/command';
import { delay, type Clock } from '../clock';
import {
  cipsntpcfg,
  cipsntpcfgQuery,
  cipsntptime,
  isSntpSet,
  parseSntpTime,
} from '../commands/sntp';
import type { ClockOptions } from '../device/options';
import { EspAtError } from '../errors';

/** The servers may take so long; the firmware asks again after 15 s. */
const SNTP_TIMEOUT_MS = 20_000;
/** Between questions for the time. */
const TIME_POLL_MS = 500;
/** A clock that was never set counts from 1970. */
const FIRST_PLAUSIBLE_YEAR = 2020;

export interface SntpWait {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether the device has said that its time is set (`+TIME_UPDATED`). */
  readonly isSet: () => boolean;
}

/**
 * Has the device set its time by SNTP from now on. Leaves a device alone that is configured so already.
 * @throws EspAtError `INVALID_SETTING`, and what `run` rejects with
 */
export async function configureSntp(run: Run, { timezone, servers }: ClockOptions): Promise<void> {
  const command = cipsntpcfg(timezone, servers);
  if (!isSntpSet(await run(cipsntpcfgQuery()), timezone, servers)) await run(command);
}

/** @throws EspAtError `CLOCK_NOT_SET` after 20 s, and what `run` rejects with */
export async function waitForSntp(run: Run, { clock, signal, isSet }: SntpWait): Promise<void> {
  const end = clock.now() + SNTP_TIMEOUT_MS;
  while (!isSet() && !(await knowsTime(run))) {
    if (clock.now() >= end)
      throw new EspAtError('CLOCK_NOT_SET', { seconds: SNTP_TIMEOUT_MS / 1000 });
    await delay(clock, TIME_POLL_MS, { signal });
  }
}

/** Whether the device knows the time (`AT+CIPSNTPTIME?`). */
export async function knowsTime(run: Run): Promise<boolean> {
  return parseSntpTime(await run(cipsntptime())).getUTCFullYear() >= FIRST_PLAUSIBLE_YEAR;
}
