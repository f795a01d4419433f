import type { Flaw } from './flaw';
import { shown, textFlaw } from './text';

const MAX_SERVERS = 3;
/** A host name (RFC 1123, section 2.1) or an IP address. */
const hostName = /^(?=.{1,64}$)(?:(?:[\w-]+\.)*[\w-]+\.?|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*)$/i;

/** Why a number is no time zone in hours, or undefined. */
export function timezoneFlaw(timezone: unknown): Flaw | undefined {
  const quarters = typeof timezone === 'number' ? timezone * 4 : NaN;
  if (Number.isInteger(quarters) && quarters >= -48 && quarters <= 56) return undefined;
  return { reason: 'NOT_HOURS', value: shown(timezone) };
}

/** Why texts are no SNTP servers, or undefined. */
export function serversFlaw(servers: readonly unknown[]): Flaw | undefined {
  for (const server of servers) {
    if (typeof server !== 'string' || server === '') return { reason: 'EMPTY' };
    const reason = textFlaw(server) ?? (hostName.test(server) ? undefined : 'NOT_HOST');
    if (reason !== undefined) return { reason };
  }
  if (servers.length <= MAX_SERVERS) return undefined;
  return { reason: 'TOO_MANY', count: servers.length, max: MAX_SERVERS };
}
