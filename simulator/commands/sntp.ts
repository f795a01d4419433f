import { CommandError } from '../at/errors';
import type { Board } from '../device/board';
import { lines, lineWithoutGap } from './answers';
import type { CommandGroup } from '../at/command';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const two = (value: number): string => String(value).padStart(2, '0');

/** The commands of SNTP. */
export function sntpCommands(board: Board): CommandGroup {
  const { time, timeSync } = board;
  return {
    'AT+CIPSNTPCFG': {
      query: lines(() => {
        const { enabled, zone, servers } = timeSync;
        const quoted = servers.map((server) => `,"${server}"`).join('');
        return enabled ? `+CIPSNTPCFG:1,${zone}${quoted}` : '+CIPSNTPCFG:0,0';
      }),
      set: (response, parameters) => {
        parameters.atMost(5);
        const enable = parameters.number(0, 0, 1) === 1;
        const zone = parameters.has(1) ? validZone(parameters.number(1, -1200, 1400)) : 0;
        const servers = [2, 3, 4].filter((index) => parameters.has(index));
        const names = servers.map((index) => parameters.string(index));
        if (enable) timeSync.enable(zone, names);
        else timeSync.disable();
        response.ok();
      },
    },
    'AT+CIPSNTPTIME': {
      query: lineWithoutGap(
        () => `+CIPSNTPTIME:${ascTime(new Date(time.now() + timeSync.zoneOffsetMs))}`,
      ),
    },
  };
}

/** Accepts hours from -12 to 14, or hours and minutes as `hhmm`. */
function validZone(zone: number): number {
  const hasMinutes = Math.abs(zone) >= 100;
  if (!hasMinutes && (zone < -12 || zone > 14)) throw new CommandError();
  if (hasMinutes && Math.abs(zone) % 100 > 59) throw new CommandError();
  return zone;
}

/** As C's `asctime` writes it. */
function ascTime(date: Date): string {
  const day = days[date.getUTCDay()] ?? '';
  const month = months[date.getUTCMonth()] ?? '';
  const clock = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  return `${day} ${month} ${String(date.getUTCDate()).padStart(2)} ${clock} ${date.getUTCFullYear()}`;
}
