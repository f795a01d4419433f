import type { Run } from '../at/command';
import { delay, type Clock } from '../clock';
import { cipsntpcfg, cipsntpcfgQuery, cipsntptime, isSntpSet } from '../commands/sntp';
import { runQuery } from '../commands/run-query';
import { EspAtError } from '../errors';

/** Settings of SNTP. */
export interface SntpOptions {
  /** Hours from UTC, -12 to 14, in steps of 0.25. */
  readonly timezone: number;
  /** Up to three host names; empty: the firmware's defaults. */
  readonly servers: readonly string[];
}

/** Milliseconds in which a server has to respond; the firmware repeats its request after 15 s. */
const SNTP_TIMEOUT_MS = 20_000;
/** Milliseconds between queries of the time. */
const TIME_POLL_MS = 500;
/** The first plausible year: an unset clock counts from 1970. */
const FIRST_PLAUSIBLE_YEAR = 2020;

interface SntpWait {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether the URC `+TIME_UPDATED` has come. */
  readonly isSet: () => boolean;
}

/**
 * Configures SNTP. Changes nothing where the device is already configured.
 * @throws EspAtError `INVALID_SETTING`, and what `run` rejects with
 */
export async function configureSntp(run: Run, { timezone, servers }: SntpOptions): Promise<void> {
  const command = cipsntpcfg(timezone, servers);
  if (!isSntpSet(await run(cipsntpcfgQuery), timezone, servers)) await run(command);
}

/**
 * Waits until SNTP has set the device's clock.
 * @throws EspAtError `CLOCK_NOT_SET` after 20 s, `FIRMWARE_UNKNOWN`, `OUT_OF_SYNC`, the reason of `signal`, and what `run` rejects with
 */
export async function waitForSntp(run: Run, { clock, signal, isSet }: SntpWait): Promise<void> {
  const end = clock.now() + SNTP_TIMEOUT_MS;
  while (!isSet() && !isPlausible(await runQuery(run, cipsntptime))) {
    if (clock.now() >= end)
      throw new EspAtError('CLOCK_NOT_SET', { seconds: SNTP_TIMEOUT_MS / 1000 });
    await delay(clock, TIME_POLL_MS, { signal });
  }
}

/** Whether a time, of the device ({@link cipsntptime}) or of the host, is one that SNTP may have set. */
export function isPlausible(time: Date): boolean {
  return time.getUTCFullYear() >= FIRST_PLAUSIBLE_YEAR;
}
