import type { Board } from '../device/board';
import type { CommandGroup } from './table';

/** Free heap as `AT+SYSRAM?` reports it, and the least there ever was. */
const heap = '180000,160000';

/** Logging, storing, messages, memory and the time stamp. Some answers have one CR LF before OK instead of two. */
export function systemCommands(board: Board): CommandGroup {
  const { settings, time } = board;
  return {
    'AT+SYSLOG': {
      query: (call) => {
        call.line(`+SYSLOG:${settings.systemLog ? 1 : 0}`);
        call.ok();
      },
      set: (call, parameters) => {
        parameters.exactly(1);
        settings.systemLog = parameters.number(0, 0, 1) === 1;
        call.ok();
      },
    },
    'AT+SYSSTORE': {
      query: (call) => {
        call.line(`+SYSSTORE:${settings.store ? 1 : 0}`);
        call.ok();
      },
      set: (call, parameters) => {
        parameters.exactly(1);
        settings.store = parameters.number(0, 0, 1) === 1;
        call.ok();
      },
    },
    'AT+SYSMSG': {
      query: (call) => call.finish(`+SYSMSG:${settings.systemMessages}\r\nOK\r\n`),
      set: (call, parameters) => {
        parameters.exactly(1);
        settings.systemMessages = parameters.number(0, 0, 7);
        call.ok();
      },
    },
    'AT+SYSRAM': {
      query: (call) => call.finish(`+SYSRAM:${heap}\r\nOK\r\n`),
    },
    'AT+SYSTIMESTAMP': {
      query: (call) => call.finish(`+SYSTIMESTAMP:${Math.floor(time.now() / 1000)}\r\nOK\r\n`),
      set: (call, parameters) => {
        parameters.exactly(1);
        time.set(parameters.number(0, 0, 0x7fff_ffff) * 1000);
        call.ok();
      },
    },
    'AT+SLEEP': {
      query: (call) => {
        call.line('+SLEEP:1');
        call.ok();
      },
    },
  };
}
