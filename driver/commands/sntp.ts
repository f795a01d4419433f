import type { Response, Command } from '../at/command';
import { flawOf, quote } from './quote';
import { build, damaged, query } from './build';
import { invalidSetting, shown } from './check';

const MAX_SERVERS = 3;
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * `AT+CIPSNTPCFG=1`: has the device set its clock by SNTP periodically.
 * @param timezone hours from UTC, -12 to 14, in steps of a quarter
 * @param servers up to three host names; empty: the firmware's defaults
 * @throws EspAtError `INVALID_SETTING`
 */
export function cipsntpcfg(timezone: number, servers: readonly string[]): Command {
  const names = servers.map(checkServer);
  if (names.length > MAX_SERVERS) {
    throw invalidSetting('servers', 'TOO_MANY', { count: names.length, max: MAX_SERVERS });
  }
  return build(`AT+CIPSNTPCFG=${[1, zone(timezone), ...names].join(',')}`, {
    name: 'AT+CIPSNTPCFG',
    idempotent: true,
  });
}

/** `AT+CIPSNTPCFG?` */
export function cipsntpcfgQuery(): Command {
  return query('CIPSNTPCFG');
}

/** Parses the response to {@link cipsntpcfgQuery}; returns whether it matches the settings. */
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

/** `AT+CIPSNTPTIME?`: queries the device's local time; 1970 until SNTP has set it. */
export function cipsntptime(): Command {
  return query('CIPSNTPTIME');
}

/**
 * Parses the response to {@link cipsntptime}; returns a Date whose UTC fields are the device's local time.
 * @throws EspAtError `OUT_OF_SYNC`
 */
export function parseSntpTime(response: Response): Date {
  const format = /^\+CIPSNTPTIME:\w{3} (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4})$/;
  const [, name = '', ...numbers] = format.exec(response[0] ?? '') ?? [];
  const [day, hour, minute, second, year] = numbers.map(Number);
  const month = months.indexOf(name);
  if (year === undefined || month < 0) throw damaged('AT+CIPSNTPTIME?');
  return new Date(Date.UTC(year, month, day, hour, minute, second));
}

/** Formats whole hours as they are, others as HHMM (5:45 is 545). The firmware tells them apart by size. */
function zone(timezone: unknown): number {
  const quarters = typeof timezone === 'number' ? timezone * 4 : NaN;
  if (!Number.isInteger(quarters) || quarters < -48 || quarters > 56) {
    throw invalidSetting('timezone', 'NOT_HOURS', { value: shown(timezone) });
  }
  if (quarters % 4 === 0) return quarters / 4;
  return Math.trunc(quarters / 4) * 100 + (quarters % 4) * 15;
}

function checkServer(server: unknown): string {
  if (typeof server !== 'string' || server === '') throw invalidSetting('servers', 'EMPTY');
  const flaw = flawOf(server) ?? (/^[\x21-\x7e]{1,64}$/.test(server) ? undefined : 'NOT_HOST');
  if (flaw !== undefined) throw invalidSetting('servers', flaw);
  return quote(server);
}
