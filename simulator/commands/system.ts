import type { Board } from '../device/board';
import { lines, oneNumber, lineWithoutGap } from './answers';
import type { CommandGroup } from '../at/command';

/** Free heap and its minimum, as `AT+SYSRAM?` sends them. */
const FREE_HEAP_BYTES = '180000,160000';

/** Logging, storing, messages, memory and the time stamp. */
export function systemCommands({ settings, time }: Board): CommandGroup {
  return {
    'AT+SYSLOG': {
      query: lines(() => `+SYSLOG:${settings.systemLog ? 1 : 0}`),
      set: oneNumber(1, (on) => (settings.systemLog = on === 1)),
    },
    'AT+SYSSTORE': {
      query: lines(() => `+SYSSTORE:${settings.store ? 1 : 0}`),
      set: oneNumber(1, (on) => (settings.store = on === 1)),
    },
    'AT+SYSMSG': {
      query: lineWithoutGap(() => `+SYSMSG:${settings.systemMessages}`),
      set: oneNumber(7, (bits) => (settings.systemMessages = bits)),
    },
    'AT+SYSRAM': { query: lineWithoutGap(() => `+SYSRAM:${FREE_HEAP_BYTES}`) },
    'AT+SYSTIMESTAMP': {
      query: lineWithoutGap(() => `+SYSTIMESTAMP:${Math.floor(time.now() / 1000)}`),
      set: oneNumber(0x7fff_ffff, (seconds) => time.set(seconds * 1000)),
    },
    'AT+SLEEP': { query: lines(() => '+SLEEP:1') },
  };
}
