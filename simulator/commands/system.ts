import type { Board } from '../device/board';
import type { CommandGroup } from './table';

/** Free heap and its minimum, as `AT+SYSRAM?` sends them. */
const FREE_HEAP_BYTES = '180000,160000';

/** Logging, storing, messages, memory and the time stamp. Some responses have one CR LF before OK instead of two. */
export function systemCommands(board: Board): CommandGroup {
  const { settings, time } = board;
  return {
    'AT+SYSLOG': {
      query: (response) => {
        response.line(`+SYSLOG:${settings.systemLog ? 1 : 0}`);
        response.ok();
      },
      set: (response, parameters) => {
        parameters.exactly(1);
        settings.systemLog = parameters.number(0, 0, 1) === 1;
        response.ok();
      },
    },
    'AT+SYSSTORE': {
      query: (response) => {
        response.line(`+SYSSTORE:${settings.store ? 1 : 0}`);
        response.ok();
      },
      set: (response, parameters) => {
        parameters.exactly(1);
        settings.store = parameters.number(0, 0, 1) === 1;
        response.ok();
      },
    },
    'AT+SYSMSG': {
      query: (response) => response.finish(`+SYSMSG:${settings.systemMessages}\r\nOK\r\n`),
      set: (response, parameters) => {
        parameters.exactly(1);
        settings.systemMessages = parameters.number(0, 0, 7);
        response.ok();
      },
    },
    'AT+SYSRAM': {
      query: (response) => response.finish(`+SYSRAM:${FREE_HEAP_BYTES}\r\nOK\r\n`),
    },
    'AT+SYSTIMESTAMP': {
      query: (response) =>
        response.finish(`+SYSTIMESTAMP:${Math.floor(time.now() / 1000)}\r\nOK\r\n`),
      set: (response, parameters) => {
        parameters.exactly(1);
        time.set(parameters.number(0, 0, 0x7fff_ffff) * 1000);
        response.ok();
      },
    },
    'AT+SLEEP': {
      query: (response) => {
        response.line('+SLEEP:1');
        response.ok();
      },
    },
  };
}
