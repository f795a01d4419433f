import type { Flaw } from './flaw';
import { shown, textReason } from './text';

const MAX_SERVERS = 3;
/** A host name (RFC 1123, section 2.1), if it has at most 64 characters, or an IP address. */
const HOST_NAME = /^(?=.{1,64}$)(?:(?:[\w-]+\.)*[\w-]+\.?|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*)$/i;

/** Returns why a value is not a time zone: -12 to 14 hours, in quarters. */
export function timezoneFlaw(timezone: unknown): Flaw | undefined {
  const quarterHours = typeof timezone === 'number' ? timezone * 4 : NaN;
  if (Number.isInteger(quarterHours) && quarterHours >= -48 && quarterHours <= 56) return undefined;
  return { reason: 'NOT_HOURS', value: shown(timezone) };
}

/** Returns why values are not a list of SNTP servers. */
export function serversFlaw(servers: unknown): Flaw | undefined {
  if (!Array.isArray(servers)) return { reason: 'NOT_LIST' };
  for (const server of servers) {
    if (typeof server !== 'string') return { reason: 'NOT_HOST' };
    const reason = textReason(server) ?? (HOST_NAME.test(server) ? undefined : 'NOT_HOST');
    if (reason !== undefined) return { reason };
  }
  if (servers.length <= MAX_SERVERS) return undefined;
  return { reason: 'TOO_MANY', count: servers.length, max: MAX_SERVERS };
}
