import type { Run } from '../at/command';
import type { Clock } from '../clock';
import {
  cipsntpcfg,
  cipsntpcfgQuery,
  cipsntptime,
  isSntpSet,
  parseSntpTime,
} from '../commands/sntp';
import type { ClockOptions } from '../device/options';
import { EspAtError } from '../errors';

/** Milliseconds that servers may take; the firmware asks again after 15 s. */
const PATIENCE = 20_000;
/** Milliseconds between questions for the time; a report that it was set comes first. */
const LOOK = 500;
/** A clock that was never set counts from 1970; one that is before this year cannot be right. */
const FIRST_YEAR = 2020;

/** How the clock is waited for. */
export interface ClockWait {
  readonly clock: Clock;
  /** Whether the device has reported meanwhile that its clock is set (`+TIME_UPDATED`). */
  told(): boolean;
  /** Lets so many milliseconds pass; may end sooner, and reject when nobody waits any more. */
  pause?(milliseconds: number): Promise<void>;
}

/**
 * Has the device set its clock from now on; leaves it alone when it is set up so already.
 * @throws EspAtError `INVALID_SETTING`, and whatever `run` rejects with
 */
export async function configureClock(run: Run, { timezone, servers }: ClockOptions): Promise<void> {
  const command = cipsntpcfg(timezone, servers);
  if (!isSntpSet(await run(cipsntpcfgQuery()), timezone, servers)) await run(command);
}

/** @throws EspAtError `CLOCK_NOT_SET` after 20 s, and whatever `run` rejects with */
export async function waitForClock(run: Run, wait: ClockWait): Promise<void> {
  const { clock } = wait;
  const until = clock.now() + PATIENCE;
  while (!wait.told() && !(await clockIsSet(run))) {
    if (clock.now() >= until) throw new EspAtError('CLOCK_NOT_SET', { seconds: PATIENCE / 1000 });
    await (wait.pause?.(LOOK) ?? new Promise<void>((resolve) => clock.after(LOOK, resolve)));
  }
}

/** Whether the device's clock is set (`AT+CIPSNTPTIME?`). */
export async function clockIsSet(run: Run): Promise<boolean> {
  return parseSntpTime(await run(cipsntptime())).getUTCFullYear() >= FIRST_YEAR;
}
