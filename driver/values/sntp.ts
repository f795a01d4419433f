import type { Flaw } from './flaw';
import { quoted, shown, textReason, utf8Length } from './text';
import { COMMAND_LINE_LIMIT_BYTES } from './uri';

const MAX_SERVERS = 3;
/** A host name (RFC 1123, section 2.1) or an IP address. Espressif's documentation of `AT+CIPSNTPCFG` names no longest one. */
const HOST_NAME = /^(?:(?:[\w-]+\.)*[\w-]+\.?|[0-9a-f]*:[0-9a-f:.]*:[0-9a-f:.]*)$/i;
/** Before the servers, with the longest time zone. */
const LONGEST_COMMAND_HEAD = 'AT+CIPSNTPCFG=1,-1145';

/** Returns why a value is not a time zone: -12 to 14 hours, in quarters. */
export function timezoneFlaw(timezone: unknown): Flaw | undefined {
  const quarterHours = typeof timezone === 'number' ? timezone * 4 : NaN;
  if (Number.isInteger(quarterHours) && quarterHours >= -48 && quarterHours <= 56) return undefined;
  return { reason: 'NOT_HOURS', value: shown(timezone) };
}

/** Returns why values are not a list of SNTP servers. */
export function serversFlaw(servers: unknown): Flaw | undefined {
  if (!Array.isArray(servers)) return { reason: 'NOT_LIST' };
  const names = servers.filter((server) => typeof server === 'string');
  if (names.length < servers.length) return { reason: 'NOT_HOST' };
  if (names.length > MAX_SERVERS)
    return { reason: 'TOO_MANY', count: names.length, max: MAX_SERVERS };
  const command = [LONGEST_COMMAND_HEAD, ...names.map(quoted)].join();
  const excess = utf8Length(command) - COMMAND_LINE_LIMIT_BYTES;
  if (excess > 0) return { reason: 'TOO_LONG', excess };
  for (const name of names) {
    const reason = textReason(name) ?? (HOST_NAME.test(name) ? undefined : 'NOT_HOST');
    if (reason !== undefined) return { reason };
  }
  return undefined;
}
