import type { Response, Command } from '../at/command';
import { serversFlaw, timezoneFlaw } from '../values/sntp';
import { build, query, quote, type Query } from './build';
import { refuseFlaw } from './check';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `AT+CIPSNTPCFG=1`: makes the device set its clock by SNTP periodically. @throws EspAtError `INVALID_SETTING` */
export function cipsntpcfg(timezone: number, servers: readonly string[]): Command {
  refuseFlaw('servers', serversFlaw(servers));
  const names = servers.map((server) => quote(server));
  return build(`AT+CIPSNTPCFG=${[1, zone(timezone), ...names].join(',')}`, { idempotent: true });
}

export const cipsntpcfgQuery = query('CIPSNTPCFG');

/** Whether the response to {@link cipsntpcfgQuery} matches the settings. */
export function isSntpSet(
  response: Response,
  timezone: number,
  servers: readonly string[],
): boolean {
  const set = `+CIPSNTPCFG:1,${zone(timezone)}`;
  // Without servers the firmware lists its defaults.
  if (servers.length === 0)
    return response[0] === set || response[0]?.startsWith(`${set},`) === true;
  return response[0] === [set, ...servers.map((server) => `"${server}"`)].join(',');
}

/**
 * `AT+CIPSNTPTIME?`: queries the device's local time, 1970 until SNTP has set it. The UTC fields of the Date are the local
 * time.
 */
export const cipsntptime: Query<Date> = {
  ...query('CIPSNTPTIME'),
  parse: ([line = '']) => {
    const format = /^\+CIPSNTPTIME:\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/;
    const [, name = '', ...numbers] = format.exec(line) ?? [];
    const [day, hour, minute, second, year] = numbers.map(Number);
    const month = MONTHS.indexOf(name);
    if (year === undefined || month < 0) return undefined;
    return new Date(Date.UTC(year, month, day, hour, minute, second));
  },
};

/** Formats whole hours as they are, others as HHMM (5:45 is 545). The firmware tells them apart by size. */
function zone(timezone: number): number {
  refuseFlaw('timezone', timezoneFlaw(timezone));
  const quarters = timezone * 4;
  if (quarters % 4 === 0) return quarters / 4;
  return Math.trunc(quarters / 4) * 100 + (quarters % 4) * 15;
}
