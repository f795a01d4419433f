import type { Call, CommandTable } from '../at/command';
import type { Board } from '../device/board';
import type { CommandGroup } from './table';

const digit = (present: boolean): string => (present ? '1' : '0');

/** `AT`, echo, restart, versions and the list of commands. */
export function baseCommands(board: Board, table: CommandTable): CommandGroup {
  const setEcho = (echo: boolean) => (call: Call) => {
    board.settings.echo = echo;
    call.ok();
  };
  return {
    AT: { execute: (call) => call.ok() },
    ATE0: { execute: setEcho(false) },
    ATE1: { execute: setEcho(true) },
    'AT+RST': {
      execute: (call) => {
        call.ok();
        board.restartWhenSent();
      },
      set: (call, parameters) => {
        parameters.atMost(1);
        if (parameters.number(0, 0, 1) === 0) call.ok();
        board.restartWhenSent();
      },
    },
    'AT+RESTORE': {
      execute: (call) => {
        if (board.firmware.reportsLeavingOnRestore) board.station.leave();
        call.ok();
        board.restore();
      },
    },
    'AT+GMR': {
      execute: (call) => {
        for (const line of board.firmware.version) call.line(line);
        call.ok();
      },
    },
    'AT+CMD': {
      query: (call) => {
        [...table.values()].forEach(({ name, forms }, index) => {
          const flags = [forms.test, forms.query, forms.set, forms.execute].map(digit).join();
          call.line(`+CMD:${index},"${name}",${flags}`);
        });
        call.ok();
      },
    },
  };
}
